"""The main job: by default, L2R + FaMUS outlives plain cross-entropy on digits with 60 % symmetric noise."""

from statistics import mean

from famus_ext.train.config import Config, MachineOptions
from famus_ext.train.experiment import run_experiment
from famus_ext.train.folder.run_folder import RunFolder


def test_l2r_with_famus_stays_good_where_cross_entropy_learns_the_noise(tmp_path):
    """Three seeds, the figures that the README gives."""
    config = Config(machine=MachineOptions(device="cpu"), seeds=(0, 1, 2))
    runs = run_experiment(config, RunFolder.create(tmp_path / "run", config))
    plain, famus = ([run for run in runs if run.method == method] for method in ("ce", "l2r"))
    assert len(plain) == len(famus) == 3
    assert mean(run.final for run in famus) >= 0.87
    assert mean(run.final for run in plain) <= 0.60
    for run in famus:
        assert run.weights[run.groups["clean"]].mean() > 1.5 * run.weights[run.groups["wrong"]].mean()
        # The sampler keeps about the number of layers that it is drawn to.
        assert 1.5 < mean(record.active_layers for record in run.history[10:]) < 2.5
