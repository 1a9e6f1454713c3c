"""What ends a run from outside: one clear line, nothing half-written, and a run that goes on to the same numbers."""

import resource
import signal

import pytest
import torch

import famus_ext.__main__ as program
from famus_ext.data.files.images import ImageError
from famus_ext.data.files.workers import WorkerError
from famus_ext.train.folder import checkpoint_folder, files
from famus_ext.train.trainer import Trainer

from .command import records, train

COMMAND = ("--method", "ce", "--epochs", "3")


def full(*_):
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize("call", ["os.fsync", "os.replace"])
def test_full_disk_while_a_checkpoint_is_written(tmp_path, monkeypatch, capsys, call):
    straight, out = tmp_path / "straight", tmp_path / "run"
    assert train(*COMMAND, "--out", straight) == 0
    save, saved = checkpoint_folder.CheckpointFolder.save, []

    def full_later(self, trainer, keep):
        saved.append(trainer.epoch)
        if len(saved) < 2:
            return save(self, trainer, keep)
        with monkeypatch.context() as patch:
            patch.setattr(call, full)
            return save(self, trainer, keep)

    with monkeypatch.context() as patch:
        patch.setattr(checkpoint_folder.CheckpointFolder, "save", full_later)
        assert train(*COMMAND, "--out", out) == 1
    error = capsys.readouterr().err
    assert f"No space left on device; go on with: python -m famus_ext train --resume {out}" in error
    assert not list(out.rglob(".*.tmp"))
    assert len(list(out.rglob("*.pt"))) == 1
    assert program.main(["train", "--resume", str(out)]) == 0
    assert records(out) == records(straight)


def test_a_file_system_that_takes_no_more_bytes(tmp_path):
    """A write that the system itself cuts short, without any patch."""
    limits, handler = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    path = tmp_path / "file"
    files.append_line(path, "first")
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, limits[1]))
        with pytest.raises(OSError, match="File too large"):
            files.append_line(path, "x" * 8192)
        with pytest.raises(OSError, match="File too large"):
            write(tmp_path / "other", b"x" * 8192)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)
    assert path.read_bytes() == b"first\n"
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]


def write(path, content):
    with files.atomic_write(path, "wb") as file:
        file.write(content)


FAULTS = {
    "memory": (torch.OutOfMemoryError("CUDA out of memory"), "--micro-batches"),
    "image": (ImageError("a/b.png: expected an image, got a text"), "a/b.png: expected an image, got a text"),
    "worker": (WorkerError("a worker process that reads images has died"), "a worker process that reads images"),
}


@pytest.mark.parametrize(("error", "message"), FAULTS.values(), ids=FAULTS)
def test_a_fault_in_training_is_one_line(tmp_path, monkeypatch, capsys, error, message):
    def fail(self, on_step):
        raise error

    monkeypatch.setattr(Trainer, "train_epoch", fail)
    assert train("--out", tmp_path / "run") == 1
    said = capsys.readouterr().err
    assert message in said
    assert "Traceback" not in said


def test_losses_that_stay_infinite_end_the_run_with_what_was_seen(tmp_path, capsys):
    assert train("--method", "ce", "--lr", "1e30", "--max-skips", "2", "--out", tmp_path / "run") == 1
    assert "after 2 skipped in a row" in capsys.readouterr().err


def test_an_epoch_in_which_nothing_could_be_learned_ends_the_run(tmp_path, capsys):
    assert train("--method", "ce", "--lr", "1e30", "--out", tmp_path / "run") == 1
    assert "every step of epoch 2 was skipped" in capsys.readouterr().err
