"""The command under torchrun: the same numbers as one process, and an end for all when one is killed."""

import csv
import os
import subprocess
import sys
import time

import pytest

from famus_ext.train.options.check import OptionError
from famus_ext.train.processes import check_parts

from .command import SMALL, SOURCE, records, train

HERE = os.path.dirname(__file__)


def torchrun(*arguments, processes=2, **environment):
    """The command in several processes, under torchrun."""
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(processes)]
    command = [*launch, "-m", "famus_ext", "train", *SMALL, *map(str, arguments)]
    environment = {**os.environ, "PYTHONPATH": f"{SOURCE}:{HERE}", "OMP_NUM_THREADS": "1", **environment}
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)


def column(folder, name):
    with (folder / "examples_l2r_seed0.csv").open() as file:
        return [float(row[name]) for row in csv.DictReader(file)]


def assert_alike(found, expected):
    """Records of float32 runs whose sums were taken in another order."""
    for a, b in zip(found, expected, strict=True):
        for name, value in b.items():
            assert a[name] == (value if not isinstance(value, float) else pytest.approx(value, rel=1e-3, abs=1e-4)), (
                name
            )


def test_two_processes_are_one(tmp_path):
    """Batches, gates, metrics and example weights: the number of processes changes who computes what."""
    assert train("--out", tmp_path / "one") == 0
    done = torchrun("--out", tmp_path / "two")
    assert done.returncode == 0, done.stderr
    assert_alike(records(tmp_path / "two"), records(tmp_path / "one"))
    for name in ("index", "given_label", "weight", "loss"):
        assert column(tmp_path / "two", name) == pytest.approx(column(tmp_path / "one", name), rel=1e-3, abs=1e-4)
    # Process 0 alone speaks.
    assert done.stdout.count("results are in") == 1
    assert {path.name for path in (tmp_path / "two").iterdir()} == {path.name for path in (tmp_path / "one").iterdir()}


def test_killed_and_resumed(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(HERE)
    network = ("--network", "dying_network:network", "--no-baseline", "--checkpoint-every", "1")
    assert train(*network, "--out", tmp_path / "one") == 0
    start = time.monotonic()
    # The first call is the trial step's; a step of L2R takes two.
    killed = torchrun(*network, "--out", tmp_path / "two", DIES_AFTER="7")
    assert killed.returncode != 0
    assert time.monotonic() - start < 90
    assert "process 0 has lost touch with the others" in killed.stderr
    assert "--resume" in killed.stderr
    resumed = torchrun("--resume", tmp_path / "two")
    assert resumed.returncode == 0, resumed.stderr
    assert_alike(records(tmp_path / "two"), records(tmp_path / "one"))


def test_more_processes_than_examples_of_a_batch():
    check_parts({"--batch-size": 4, "--meta-batch-size": 4}, 4)
    with pytest.raises(OptionError, match="--meta-batch-size: expected at least 4, an example for each process, got 3"):
        check_parts({"--batch-size": 4, "--meta-batch-size": 3}, 4)
