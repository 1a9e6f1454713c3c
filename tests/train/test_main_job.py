"""The main job: with no option at all, L2R + FaMUS outlives plain cross-entropy on digits with 60 % symmetric noise."""

from famus_ext.train.config import Config, MachineOptions
from famus_ext.train.experiment import run_experiment
from famus_ext.train.run_folder import RunFolder


def test_l2r_with_famus_stays_good_where_cross_entropy_learns_the_noise(tmp_path):
    config = Config(machine=MachineOptions(device="cpu"))
    plain, famus = run_experiment(config, RunFolder.create(tmp_path / "run", config))
    assert (plain.method, famus.method) == ("ce", "l2r")
    assert famus.final >= 0.87
    assert plain.final <= 0.70
    assert famus.weights[~famus.wrong].mean() > 2 * famus.weights[famus.wrong].mean()
    # The sampler keeps about the number of layers that it is drawn to.
    active = [record.active_layers for record in famus.history[10:]]
    assert 1.5 < sum(active) / len(active) < 2.5
