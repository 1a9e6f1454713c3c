"""An experiment that stopped goes on to the same numbers, under its own options."""

import famus_ext.__main__ as program
from famus_ext.train.trainer import Trainer

from .command import records, train


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
