"""`python -m famus_ext train` runs end to end and leaves every file."""

import csv
import json
import os
import sys
from pathlib import Path

import pytest

import famus_ext.__main__ as program

from .command import records, train

FILES = {"checkpoints", "metrics.jsonl", "summary.json", "accuracy.png"}
FILES |= {"config.json", "config.yaml", "layers.json", "origin.json"}
GATES_VARY = ("gumbel", "random", "threshold")


@pytest.mark.parametrize(
    "options",
    [
        ("--method", "l2r", "--sampler", "gumbel"),
        ("--method", "l2r", "--sampler", "all", "--engine", "double_backward"),
        ("--method", "mwnet", "--sampler", "last", "--last-layers", "2", "--noise-type", "pairflip"),
        ("--method", "mwnet", "--sampler", "gumbel", "--expected-layers", "1", "--noise_type", "symmetric-excluding"),
        ("--method", "mwnet", "--sampler", "random", "--class-groups", "2", "--normalised", "--meta-every", "2"),
        (
            "--method",
            "mwnet",
            "--sampler",
            "threshold",
            "--schedule",
            "merged",
            "--loss",
            "ldam-drw",
            "--drw-start",
            "1",
        ),
        ("--method", "mlc", "--sampler", "block", "--block", "conv2", "--micro-batches", "2"),
        ("--method", "label-correction", "--sampler", "gumbel", "--imbalance", "2", "--clip-norm", "1"),
    ],
)
def test_run_leaves_every_file(tmp_path, capfd, options):
    out, method = tmp_path / "run", options[1]
    assert train(*options, "--seeds", 0, 1, "--out", out) == 0
    runs = {f"{name}_seed{seed}" for name in ("ce", method) for seed in (0, 1)}
    pictures = {"weights.png"} if method in ("l2r", "mwnet") else set()
    pictures |= {"weight-function.png"} if method == "mwnet" else set()
    found = {entry.name for entry in out.iterdir()} - {".lock"}  # some versions of filelock leave it
    if options[3] in GATES_VARY:  # whether they did vary is chance in a run this short
        pictures |= found & {"layers.png"}
    assert found == FILES | pictures | {
        name
        for seed in (0, 1)
        for name in (f"labels_seed{seed}.json", f"examples_ce_seed{seed}.csv", f"examples_{method}_seed{seed}.csv")
    }
    assert {entry.name for entry in (out / "checkpoints").iterdir()} == runs

    metrics = records(out)
    assert [(r["method"], r["seed"], r["epoch"]) for r in metrics] == [
        (name, seed, epoch) for seed in (0, 1) for name in ("ce", method) for epoch in (1, 2)
    ]
    assert all(0 <= r["test_accuracy"] <= 1 for r in metrics)
    for r in metrics:
        assert (r["active_layers"] is None) == (r["method"] == "ce")
        assert len(r["labels_hash"]) == 64

    with (out / f"examples_{method}_seed1.csv").open() as file:
        rows = list(csv.DictReader(file))
    columns = ["index", "given_label", "true_label", "wrong", "weight", "loss"]
    assert list(rows[0]) == [*columns, "predicted_label", "predicted_probability", "given_probability"]
    assert len({row["index"] for row in rows}) == len(rows) <= 197
    assert all((row["given_label"] != row["true_label"]) == (row["wrong"] == "1") for row in rows)
    share = sum(row["wrong"] == "1" for row in rows) / len(rows)
    summary = json.loads((out / "summary.json").read_text())
    assert summary["labels_by_seed"]["1"]["actual_noise_rate"] == pytest.approx(share)
    assert summary["methods"][method]["final"]["deviation"] is not None

    for picture in {"accuracy.png"} | pictures:
        assert (out / picture).read_bytes().startswith(b"\x89PNG")

    printed = capfd.readouterr()
    assert printed.err == ""  # no bar without a terminal
    assert f"actual rate {share:.1%}" in printed.out
    assert "against plain " in printed.out.splitlines()[-2]


@pytest.mark.parametrize("options", [("--method", "ce"), ("--no-baseline",)])
def test_one_method_alone(tmp_path, options, capsys):
    out = tmp_path / "run"
    assert train(*options, "--out", out, "--seed", "3") == 0
    assert {r["method"] for r in records(out)} == {"ce" if "ce" in options else "l2r"}
    assert "against" not in capsys.readouterr().out


def test_folders_are_numbered(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for _ in range(2):
        assert train("--method", "ce", "--epochs", "1") == 0
    assert sorted(entry.name for entry in Path("runs").iterdir()) == ["digits-ce-001", "digits-ce-002"]


def test_diverging_training_ends_with_1(tmp_path, capsys):
    assert train("--lr", "1e30", "--out", tmp_path / "run") == 1
    assert "loss" in capsys.readouterr().err


def test_commands_are_listed(capsys):
    assert program.main(["--help"]) == 0
    printed = capsys.readouterr().out
    assert "  train    Train on noisy labels" in printed
    assert "    python -m famus_ext train --dataset folder" in printed
    assert max(map(len, printed.splitlines())) <= 80
    assert program.main([]) == 2
    assert program.main(["unheard-of"]) == 2
    assert "unknown command 'unheard-of'; python -m famus_ext --help lists them" in capsys.readouterr().err
    assert program.main(["trian"]) == 2
    assert "unknown command 'trian'; train is one" in capsys.readouterr().err


def test_every_command_has_its_place_and_its_example(capsys):
    assert program.COMMANDS.keys() <= program.EXAMPLES.keys()
    order = [name for name in program.EXAMPLES if name in program.COMMANDS]
    places = [program.usage().index(f"\n  {name:<8} ") for name in order]
    assert places == sorted(places)


def test_ctrl_c_ends_every_command_in_a_line(monkeypatch, capsys):
    def interrupted(arguments):
        raise KeyboardInterrupt

    monkeypatch.setitem(program.COMMANDS, "inspect", interrupted)
    monkeypatch.setattr(sys, "argv", ["famus", "inspect"])
    assert program.console() == 130
    assert capsys.readouterr().err == "\ninterrupted\n"


@pytest.mark.parametrize("arguments", [["--help"], ["train", "--help"], ["report", "--help"]])
def test_a_reader_who_has_seen_enough_is_no_error(arguments, monkeypatch):
    reader, writer = os.pipe()
    os.close(reader)
    with open(writer, "w") as pipe:
        monkeypatch.setattr(sys, "stdout", pipe)
        monkeypatch.setattr(sys, "argv", ["famus", *arguments])
        assert program.console() == program.CLOSED_PIPE


def test_version(capsys):
    assert program.main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("famus-ext ")


@pytest.mark.parametrize("columns", [80, 120])
def test_help_fits_the_terminal(columns, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", str(columns))
    assert train("--help") == 0
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= columns
    assert lines[0].startswith("example: python -m famus_ext train --dataset folder")
    for option in (
        "--noise-rate FLOAT",
        "--class-groups INT",
        "--gumbel-variant {paper,released}",
        "--config FILE.yaml",
    ):
        assert any(option in line for line in lines)
    assert not any("None" in line for line in lines)  # what None stands for is said
