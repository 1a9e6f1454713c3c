"""`python -m famus_ext run` itself: killed and gone on with, listed, refused."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from filelock import FileLock

import famus_ext.__main__ as program
from famus_ext.sweep import cli
from famus_ext.train.recording.records import MEASURED

from .conftest import TWO_BY_TWO

ONE = """
title: One cell
shows: That it goes on.
options: {method: ce, num-test: 1500, device: cpu, epochs: 16}
data: {digits: {}}
rows: [{name: plain}]
"""
TIME_LIMIT = 100


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere a cell outlives its sweep")
def test_a_killed_sweep_goes_on_to_the_same_numbers(write, tmp_path, monkeypatch):
    """SIGKILL reaches the sweep alone; its cell saves and stops, and the same command goes on."""
    out, path = tmp_path / "runs", write(ONE)
    command = [sys.executable, "-m", "famus_ext", "run", str(path), "--out", str(out), "--checkpoint-every", "1"]
    environment = {**os.environ, "PYTHONPATH": str(Path(program.__file__).parents[1]), "OMP_NUM_THREADS": "1"}
    sweep = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    metrics = out / "plain" / "metrics.jsonl"
    end = time.monotonic() + TIME_LIMIT
    while not metrics.exists():
        assert time.monotonic() < end
        time.sleep(0.02)
    sweep.send_signal(signal.SIGKILL)
    assert sweep.wait() == -signal.SIGKILL
    with FileLock(out / "plain" / ".lock", timeout=TIME_LIMIT):  # the cell has ended
        assert len(records(metrics)) < 16
        assert not (out / "plain" / "summary.json").exists()

    monkeypatch.setattr(cli, "train_in_process", lambda words: program.main(["train", *words]))
    assert program.main(["run", str(path), "--out", str(out)]) == 0
    assert program.main(["run", str(path), "--out", str(tmp_path / "straight")]) == 0
    assert records(metrics) == records(tmp_path / "straight" / "plain" / "metrics.jsonl")
    assert (out / "table.md").exists()


def records(metrics):
    """What the machine does not decide of every record."""
    lines = metrics.read_text().splitlines()
    return [{name: value for name, value in json.loads(line).items() if name not in MEASURED} for line in lines]


def test_cells_are_listed_with_what_is_their_own(write, tmp_path, capsys):
    assert program.main(["run", str(write(TWO_BY_TWO)), "--list", "--out", str(tmp_path / "runs")]) == 0
    title, shows, _, common, _, *cells = capsys.readouterr().out.splitlines()
    assert (title, shows) == ("Made up", "Nothing at all.")
    assert "all with --no-baseline --epochs=2 --num-test=1500 --device=cpu --dataset=digits --num-meta=50" in common
    assert cells == [
        "to do  plain, 20 %           --lr=0.2 --method=ce --noise-rate=0.2",
        "to do  plain, 40 %           --lr=0.4 --method=ce --noise-rate=0.4",
        "to do  MW-Net + FaMUS, 20 %  --lr=0.3 --method=mwnet --meta-lr=0.5 --noise-rate=0.2",
    ]
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["none.yaml"], "none.yaml: cannot be read"),
        (["FILE", "--only", "60 %"], "--only: expected"),
        (["FILE", "--data", "mnist"], "made-up.yaml: plain, 20 %: --dataset: expected one of"),
        (["FILE", "--config", "none.yaml"], "none.yaml: cannot be read"),
    ],
)
def test_what_cannot_be_run_is_one_line(write, capsys, arguments, message):
    path = str(write(TWO_BY_TWO))
    assert program.main(["run", *(path if word == "FILE" else word for word in arguments)]) == 2
    printed = capsys.readouterr()
    assert message in printed.err
    assert len(printed.err.splitlines()) == 1
    assert printed.out == ""


def test_a_file_without_a_data_set_needs_one(write, capsys):
    path = str(write(ONE.replace("data: {digits: {}}\n", "")))
    assert program.main(["run", path]) == 2
    assert "--data: expected a data set" in capsys.readouterr().err
    assert program.main(["run", path, "--data", "digits", "--list"]) == 0


def test_a_wrong_option_of_train_ends_the_command(write, capsys):
    assert program.main(["run", str(write(TWO_BY_TWO)), "--lr", "-1"]) == 2
    said = capsys.readouterr().err
    assert "--lr: expected a positive number, got -1" in said
    assert "made-up.yaml: plain, 20 %: its options cannot be used, see above" in said
