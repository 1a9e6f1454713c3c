"""Sweeps whose cells only pretend to train: what is run, what is left out, and what is said."""

import json

import pytest
from shared.recorded_runs import write_run

from famus_ext.sweep.cells import layout, plan
from famus_ext.sweep.experiment_file import read_experiment
from famus_ext.sweep.sweep import run_sweep
from famus_ext.train.cli import parse_config
from famus_ext.train.folder.read_run import RunError
from famus_ext.train.options.check import OptionError

from .conftest import TWO_BY_TWO


class Sweep:
    """A sweep in a folder, with trainers that leave records."""

    def __init__(self, path, folder):
        self.experiment, self.folder = read_experiment(path), folder
        self.ran, self.said = [], []

    def run(self, codes=(), overrides=()):
        """Runs the sweep; `codes` are the cells' exit codes, 0 for all others."""
        planned, left = plan(self.experiment, "digits", overrides), list(codes)
        self.ran, self.said = [], []

        def train(words):
            out = self.folder / words[-1].rpartition("/")[2]
            assert words[-2:] == ["--resume=auto", f"--out={out}"]
            self.ran.append(out.name)
            code = left.pop(0) if left else 0
            config = parse_config(words[:-2])
            if code == 0:
                write_run(out, config, {run: [0.4, 0.5] for run in config.runs})
            return code

        return run_sweep(planned, layout(self.experiment, planned), self.folder, train, self.said.append)


@pytest.fixture
def sweep(write, tmp_path):
    return Sweep(write(TWO_BY_TWO), tmp_path / "runs")


ALL = ["plain-20", "plain-40", "mw-net-plus-famus-20"]


def test_every_cell_is_run_once(sweep):
    assert sweep.run() == 0
    assert sweep.ran == ALL
    assert sweep.said[0] == f"Made up: 3 cells, 0 done already; they go to {sweep.folder}"
    assert sweep.said[1] == "cell 1 of 3: plain, 20 %"
    assert sweep.said[3] == "cell 3 of 3: MW-Net + FaMUS, 20 %; about 0 min left"
    assert "MW-Net + FaMUS" in sweep.said[4]
    table = (sweep.folder / "table.md").read_text()
    assert table.startswith("**Made up**")
    assert "| MW-Net + FaMUS | 20 % | 50.0 | 50.0 | +0.0 | 91.9 |" in table
    assert len((sweep.folder / "table.csv").read_text().splitlines()) == 4
    assert json.loads((sweep.folder / "experiment.json").read_text())["cells"][2]["paper"] == 91.9
    assert sweep.run() == 0
    assert sweep.ran == []


def test_a_stopped_sweep_goes_on_with_the_cell_that_was_stopped(sweep):
    assert sweep.run([0, 143]) == 143
    assert sweep.said[-1] == "stopped; the same command goes on"
    assert not (sweep.folder / "table.md").exists()
    assert sweep.run() == 0
    assert sweep.ran == ALL[1:]


def test_a_failed_cell_is_said_and_the_others_go_on(sweep):
    assert sweep.run([0, 1]) == 1
    assert sweep.ran == ALL
    assert sweep.said[-1].startswith("plain, 40 %: failed with exit code 1")
    assert sweep.run() == 0
    assert sweep.ran == ["plain-40"]


def test_every_failed_cell_is_said_where_none_has_begun(sweep):
    with pytest.raises(RunError, match="nothing has begun"):
        sweep.run([1, 2, 1])
    assert [line.partition(":")[0] for line in sweep.said[-3:]] == [
        "plain, 20 %",
        "plain, 40 %",
        "MW-Net + FaMUS, 20 %",
    ]


def test_where_the_first_cell_cannot_run_no_other_is_tried(sweep):
    assert sweep.run([2]) == 2
    assert sweep.ran == ALL[:1]
    assert sweep.said[-1] == "plain, 20 %: cannot run, see above; no other cell is tried"
    assert sweep.run([0, 2]) == 1
    assert sweep.ran == ALL


def test_other_options_are_refused_before_anything_runs(sweep):
    assert sweep.run([0, 143]) == 143
    with pytest.raises(OptionError, match=r"plain, 20 %: .*plain-20: .*--lr was 0\.2, now 0\.5; name another folder"):
        sweep.run(overrides=["--lr", "0.5"])
    with pytest.raises(OptionError, match=r"--seeds was \(0,\), now \(0, 1\)"):
        sweep.run(overrides=["--seeds", "0", "1"])
    assert sweep.ran == []


def test_more_epochs_are_trained_and_fewer_refused(sweep):
    assert sweep.run() == 0
    with pytest.raises(OptionError, match="--epochs may be raised, not lowered"):
        sweep.run(overrides=["--epochs", "1"])
    assert sweep.run([1, 1, 1], overrides=["--epochs", "3"]) == 1
    assert sweep.ran == ALL


def test_the_machine_may_change(sweep):
    assert sweep.run() == 0
    assert sweep.run(overrides=["--threads", "2"]) == 0
    assert sweep.ran == []


def test_a_damaged_cell_is_refused_by_name(sweep):
    assert sweep.run([0, 143]) == 143
    (sweep.folder / "plain-20" / "config.json").write_text("{")
    with pytest.raises(OptionError, match=r"plain-20/config\.json: damaged"):
        sweep.run()
