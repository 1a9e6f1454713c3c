"""An experiment that stopped goes on to the same numbers, under its own options."""

import signal

import pytest
from train.command import records, train

import famus_ext.__main__ as program
from famus_ext.train import cli
from famus_ext.train.folder.read_run import read_run
from famus_ext.train.trainer import Trainer


@pytest.mark.parametrize(("received", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_stopped_experiment_goes_on_to_the_same_numbers(tmp_path, monkeypatch, capsys, received, code):
    straight, stopped = tmp_path / "straight", tmp_path / "stopped"
    assert train("--seeds", 0, 1, "--out", straight) == 0

    train_epoch = Trainer.train_epoch

    def stop(self, on_step):
        def after_step():
            if (self.method, self.seed, self.steps) == ("l2r", 1, 3):  # within the second epoch
                signal.raise_signal(received)
            on_step()

        return train_epoch(self, after_step)

    with monkeypatch.context() as patch:
        patch.setattr(Trainer, "train_epoch", stop)
        assert train("--seeds", 0, 1, "--out", stopped) == code
    message = f"stopped by {received.name}, state saved; go on with: python -m famus_ext train --resume {stopped}"
    assert message in capsys.readouterr().err
    assert not (stopped / "summary.json").exists()
    newest = sorted((stopped / "checkpoints" / "l2r_seed1").iterdir())[-1]
    assert newest.name.startswith("epoch0001-step00000003-")
    assert program.main(["train", "--resume", str(stopped)]) == 0
    same_files(stopped, straight)


def same_files(one, other):
    assert records(one) == records(other)
    for name in ("examples_l2r_seed0.csv", "examples_l2r_seed1.csv"):
        assert (one / name).read_bytes() == (other / name).read_bytes()


def test_interrupt_before_the_first_step_names_the_folder(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(cli, "run_experiment", lambda *_: signal.raise_signal(signal.SIGINT))
    assert train("--out", tmp_path / "run") == 130
    assert f"interrupted; go on with: python -m famus_ext train --resume {tmp_path / 'run'}" in capsys.readouterr().err


def test_an_experiment_of_more_epochs_is_unfinished_until_they_are_trained(tmp_path, monkeypatch):
    folder = tmp_path / "run"
    assert train("--epochs", 1, "--out", folder) == 0
    assert read_run(folder).is_finished
    with monkeypatch.context() as patch:
        patch.setattr(cli, "run_experiment", lambda *_: signal.raise_signal(signal.SIGINT))
        assert train("--epochs", 1, "--resume", folder) == 130
        assert read_run(folder).is_finished
        assert train("--epochs", 2, "--resume", folder) == 130
    assert not read_run(folder).is_finished


def test_epochs_may_be_raised_on_resume(tmp_path):
    straight, longer = tmp_path / "straight", tmp_path / "longer"
    assert train("--epochs", 3, "--out", straight) == 0
    assert train("--epochs", 1, "--out", longer) == 0
    assert program.main(["train", "--resume", str(longer), "--epochs", "3"]) == 0
    key = lambda record: (record["method"], record["epoch"])  # noqa: E731
    assert sorted(records(longer), key=key) == sorted(records(straight), key=key)
    assert (longer / "examples_l2r_seed0.csv").read_bytes() == (straight / "examples_l2r_seed0.csv").read_bytes()


def test_record_lost_between_checkpoint_and_metrics_comes_back(tmp_path):
    out = tmp_path / "run"
    assert train("--method", "ce", "--out", out) == 0
    whole = records(out)
    lines = (out / "metrics.jsonl").read_text().splitlines(keepends=True)
    (out / "metrics.jsonl").write_text("".join(lines[:-1]))
    assert program.main(["train", "--resume", str(out)]) == 0
    assert records(out) == whole


def test_resume_under_other_options_is_refused(tmp_path, capsys):
    out = tmp_path / "run"
    assert train("--method", "ce", "--out", out) == 0
    assert program.main(["train", "--resume", str(out), "--lr", "0.3", "--seed", "4"]) == 2
    error = capsys.readouterr().err
    assert "--lr was 0.1, now 0.3" in error
    assert "--seeds was (0,), now (4,)" in error
    assert program.main(["train", "--resume", str(out), "--epochs", "1"]) == 2
    assert program.main(["train", "--resume", str(out), "--out", str(tmp_path / "other")]) == 2


def checkpoints(out):
    return sorted((out / "checkpoints" / "ce_seed0").glob("*.pt"))


def test_damaged_newest_checkpoint_is_passed_over(tmp_path, capsys):
    out = tmp_path / "run"
    assert train("--method", "ce", "--epochs", 3, "--out", out) == 0
    whole, metrics = records(out), (out / "metrics.jsonl").read_bytes()
    _, newest = checkpoints(out)
    newest.write_bytes(newest.read_bytes()[:-1])
    assert program.main(["train", "--resume", str(out)]) == 0
    said = capsys.readouterr().out
    assert f"{newest}: damaged: expected SHA-256" in said
    assert "going on from the checkpoint before it" in said
    assert records(out) == whole
    assert (out / "metrics.jsonl").read_bytes() != metrics  # the last epoch was trained again: other milliseconds
    assert newest.with_name(f"{newest.name}.damaged").exists()


def test_no_whole_checkpoint_left_is_an_error_that_changes_nothing(tmp_path, capsys):
    out = tmp_path / "run"
    assert train("--method", "ce", "--out", out) == 0
    for path in checkpoints(out):
        path.write_bytes(b"broken")
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    assert program.main(["train", "--resume", str(out)]) == 1
    error = capsys.readouterr().err
    assert "damaged: expected SHA-256" in error
    assert f"remove {out / 'checkpoints' / 'ce_seed0'} to train this run from the start" in error
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == before


def test_broken_config_is_named(tmp_path, capsys):
    out = tmp_path / "run"
    assert train("--method", "ce", "--out", out) == 0
    (out / "config.json").write_text("{}")
    assert program.main(["train", "--resume", str(out)]) == 2
    assert "another version's" in capsys.readouterr().err


@pytest.mark.parametrize("left", [[], ["origin.json"], ["origin.json", ".config.json.tmp"]])
def test_auto_begins_where_nothing_has_begun(tmp_path, left):
    out = tmp_path / "run"
    out.mkdir()
    for name in left:  # of a process that was killed while it made the folder
        (out / name).write_text("{")
    assert train("--method", "ce", "--out", out, "--resume", "auto") == 0
    assert not list(out.glob(".*.tmp"))
    assert (out / "summary.json").exists()


def test_auto_goes_on_where_an_experiment_has_begun(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    begin = ["--method", "ce", "--resume", "auto"]
    assert train(*begin, "--out", "here") == 0
    metrics = (tmp_path / "here" / "metrics.jsonl").read_bytes()
    assert train(*begin, "--out", "here") == 0
    assert (tmp_path / "here" / "metrics.jsonl").read_bytes() == metrics  # nothing was trained again


def test_auto_without_a_folder_takes_the_newest_unfinished_one_with_these_options(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    command = ["--method", "ce", "--resume", "auto"]
    assert train(*command) == 0
    assert train(*command, "--lr", "0.2") == 0
    for number in (1, 2):
        (tmp_path / f"runs/digits-ce-00{number}/summary.json").unlink()
    capsys.readouterr()
    assert train(*command) == 0
    assert "results go to runs/digits-ce-001" in capsys.readouterr().out
    assert train(*command) == 0
    assert "results go to runs/digits-ce-003" in capsys.readouterr().out


def test_auto_counts_folders_beyond_999(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for number in ("999", "1000"):
        assert train("--method", "ce", "--out", f"runs/digits-ce-{number}") == 0
        (tmp_path / f"runs/digits-ce-{number}/summary.json").unlink()
    capsys.readouterr()
    assert train("--method", "ce", "--resume", "auto") == 0
    assert "results go to runs/digits-ce-1000" in capsys.readouterr().out
