"""`python -m famus_ext`: runs end to end, leaves every file, goes on after an interruption, says what is wrong."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

import famus_ext.__main__ as program
from famus_ext.train.trainer import Trainer

# 197 training images, two steps an epoch.
SMALL = ["--num-test", "1500", "--device", "cpu", "--threads", "1", "--epochs", "2"]
FILES = {"config.json", "origin.json", "metrics.jsonl", "summary.json", "accuracy.png"}
GATES_VARY = ("gumbel", "random", "threshold")
SOURCE = Path(program.__file__).parents[1]


def train(*arguments):
    """The exit code of the command, run in this process."""
    try:
        return program.main(["train", *SMALL, *map(str, arguments)])
    except SystemExit as stop:  # how tyro leaves
        return stop.code


def records(folder):
    lines = (folder / "metrics.jsonl").read_text().splitlines()
    return [{name: value for name, value in json.loads(line).items() if name != "ms_per_step"} for line in lines]


def python(*arguments, **options):
    environment = {**os.environ, "PYTHONPATH": str(SOURCE)}
    return subprocess.run(
        [sys.executable, *arguments], capture_output=True, encoding="utf-8", env=environment, timeout=120, **options
    )


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
    per_run = {f"checkpoint_{name}_seed{seed}.pt" for name in ("ce", method) for seed in (0, 1)}
    pictures = {"weights.png"} if method in ("l2r", "mwnet") else set()
    pictures |= {"weight-function.png"} if method == "mwnet" else set()
    found = {entry.name for entry in out.iterdir()}
    if options[3] in GATES_VARY:  # whether they did vary is chance in a run this short
        pictures |= found & {"layers.png"}
    assert found == FILES | per_run | pictures | {"weights_seed0.csv", "weights_seed1.csv"}

    metrics = records(out)
    assert [(r["method"], r["seed"], r["epoch"]) for r in metrics] == [
        (name, seed, epoch) for seed in (0, 1) for name in ("ce", method) for epoch in (1, 2)
    ]
    assert all(0 <= r["test_accuracy"] <= 1 for r in metrics)
    for r in metrics:
        assert (r["active_layers"] is None) == (r["method"] == "ce")
        assert len(r["labels_hash"]) == 64

    with (out / "weights_seed1.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["index", "given_label", "true_label", "wrong", "weight", "loss"]
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


def test_interrupted_experiment_goes_on_to_the_same_numbers(tmp_path, monkeypatch, capsys):
    straight, stopped = tmp_path / "straight", tmp_path / "stopped"
    assert train("--seeds", 0, 1, "--out", straight) == 0

    train_epoch = Trainer.train_epoch

    def interrupted(self, on_step):
        if (self.seed, self.method, self.epoch) == (1, "l2r", 1):
            raise KeyboardInterrupt
        return train_epoch(self, on_step)

    with monkeypatch.context() as patch:
        patch.setattr(Trainer, "train_epoch", interrupted)
        assert train("--seeds", 0, 1, "--out", stopped) == 130
    assert f"--resume {stopped}" in capsys.readouterr().err
    assert not (stopped / "summary.json").exists()
    assert program.main(["train", "--resume", str(stopped)]) == 0

    assert records(stopped) == records(straight)
    for name in ("weights_seed0.csv", "weights_seed1.csv"):
        assert (stopped / name).read_bytes() == (straight / name).read_bytes()


def test_epochs_may_be_raised_on_resume(tmp_path):
    straight, longer = tmp_path / "straight", tmp_path / "longer"
    assert train("--epochs", 3, "--out", straight) == 0
    assert train("--epochs", 1, "--out", longer) == 0
    assert program.main(["train", "--resume", str(longer), "--epochs", "3"]) == 0
    key = lambda record: (record["method"], record["epoch"])  # noqa: E731
    assert sorted(records(longer), key=key) == sorted(records(straight), key=key)
    assert (longer / "weights_seed0.csv").read_bytes() == (straight / "weights_seed0.csv").read_bytes()


def test_record_lost_between_checkpoint_and_metrics_comes_back(tmp_path):
    out = tmp_path / "run"
    assert train("--method", "ce", "--out", out) == 0
    whole = records(out)
    lines = (out / "metrics.jsonl").read_text().splitlines(keepends=True)
    (out / "metrics.jsonl").write_text("".join(lines[:-1]))
    assert program.main(["train", "--resume", str(out)]) == 0
    assert records(out) == whole


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--noise-rate", "1.5"), "--noise-rate: expected a number in [0, 1], got 1.5"),
        (("--num-meta", "400"), "400 + 1500 images leave nothing to train on"),
        (("--num-meta", "5"), "at least one image for each of 10 classes, got 5"),
        (("--expected-layers", "99"), "--expected-layers: expected a number in (0, 3]"),
        (("--schedule", "merged"), '--schedule: "merged" steps the network before there are weights for the batch'),
        (("--meta-every", "2"), "--meta-every: L2R has no weights for a batch without a meta step"),
        (("--micro-batches", "2", "--engine", "double_backward"), "--micro-batches: only engine="),
        (("--engine", "ghost", "--network", "fashion"), '--engine: "ghost" needs a network that does not mix'),
        (("--network", "torch.nn:Linear"), "--network torch.nn:Linear: Linear.__init__() got"),
        (("--dataset", "fashion-mnist"), "--num-test: expected None, for the source has its own test set"),
        (("--data-path", "there"), "--data-path: expected none"),
        (("--sampler", "last", "--last-layers", "99"), "--last-layers: expected at most"),
        (("--baseline", "False"), "False"),
        (("--method", "unheard-of"), "unheard-of"),
        (("--epochs", "some"), "some"),
        (("--bogus",), "--bogus"),
        (("--seeds", "1", "1"), "--seeds: expected different numbers"),
        (("--resume", "nowhere"), "no experiment there"),
    ],
)
def test_bad_options_end_with_2_and_leave_no_folder(tmp_path, monkeypatch, capsys, options, message):
    monkeypatch.chdir(tmp_path)
    assert train(*options) == 2
    printed = capsys.readouterr()
    assert message in " ".join((printed.out + printed.err).replace("│", " ").split())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_cuda_without_a_gpu_is_refused(capsys):
    assert train("--device", "cuda") == 2
    assert "--device cuda: no GPU can be used here" in capsys.readouterr().err


def test_folder_in_use_or_unwritable_is_refused(tmp_path, capsys):
    (tmp_path / "notes.txt").write_text("mine")
    assert train("--out", tmp_path) == 2
    assert "holds files already" in capsys.readouterr().err
    assert train("--out", tmp_path / "notes.txt" / "run") == 2
    assert "cannot be written" in capsys.readouterr().err
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_resume_under_other_options_is_refused(tmp_path, capsys):
    out = tmp_path / "run"
    assert train("--method", "ce", "--out", out) == 0
    assert program.main(["train", "--resume", str(out), "--lr", "0.3", "--seed", "4"]) == 2
    error = capsys.readouterr().err
    assert "--lr was 0.1, now 0.3" in error
    assert "--seeds was (0,), now (4,)" in error
    assert program.main(["train", "--resume", str(out), "--epochs", "1"]) == 2
    assert program.main(["train", "--resume", str(out), "--out", str(tmp_path / "other")]) == 2


def test_broken_checkpoint_and_config_are_named(tmp_path, capsys):
    out = tmp_path / "run"
    assert train("--method", "ce", "--out", out) == 0
    (out / "checkpoint_ce_seed0.pt").write_bytes(b"broken")
    assert program.main(["train", "--resume", str(out)]) == 1
    assert "checkpoint_ce_seed0.pt: not a readable checkpoint" in capsys.readouterr().err
    (out / "config.json").write_text("{}")
    assert program.main(["train", "--resume", str(out)]) == 2
    assert "another version's" in capsys.readouterr().err


def test_diverging_training_ends_with_1(tmp_path, capsys):
    assert train("--lr", "1e30", "--out", tmp_path / "run") == 1
    assert "loss" in capsys.readouterr().err


def test_commands_are_listed(capsys):
    assert program.main(["--help"]) == 0
    assert "train   Train on noisy labels" in capsys.readouterr().out
    assert program.main([]) == 2
    assert program.main(["unheard-of"]) == 2
    assert "unknown command 'unheard-of'" in capsys.readouterr().err


def test_options_are_listed(capsys):
    assert train("--help") == 0
    printed = capsys.readouterr().out
    for option in (
        "--noise-rate",
        "--corruption-prob",
        "--imb-factor",
        "--class-groups",
        "--gumbel-variant",
        "--engine",
    ):
        assert f"{option} " in printed


def test_module_passes_the_exit_code_on():
    result = python("-m", "famus_ext", "train", "--bogus")
    assert result.returncode == 2
    assert "--bogus" in result.stdout + result.stderr


def test_extra_missing_at_the_start_is_one_clear_line():
    block = "import sys; sys.modules['tyro'] = None; from famus_ext.__main__ import main; sys.exit(main(['train']))"
    result = python("-c", block)
    assert result.returncode == 1
    assert result.stderr == 'tyro is not installed: pip install "famus-ext[train]"\n'


def test_extra_missing_later_is_one_clear_line_and_leaves_no_folder(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "sklearn", None)
    assert train("--out", tmp_path / "run") == 1
    assert capsys.readouterr().err == 'sklearn is not installed: pip install "famus-ext[train]"\n'
    assert list(tmp_path.iterdir()) == []


def test_info_needs_no_extra():
    block = (
        "import sys; sys.modules.update(dict.fromkeys(['matplotlib', 'sklearn', 'tqdm', 'tyro', 'torchvision']));"
        "from famus_ext.__main__ import main; sys.exit(main(['info']))"
    )
    result = python("-c", block)
    assert (result.returncode, result.stderr) == (0, "")
    assert "torch" in result.stdout
