"""Runs of the command that kill themselves, as a crash would, at a moment given by name."""

import os
import signal
from contextlib import contextmanager
from functools import wraps
from pathlib import Path

import famus_ext.__main__ as program
from famus_ext.train.folder import checkpoint_folder, metrics
from famus_ext.train.folder.run_folder import RunFolder
from famus_ext.train.trainer import Trainer


def kill(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)


def in_step(method, step):
    """When a method's run has taken so many steps, and nothing of the last one is saved."""
    train_epoch = Trainer.train_epoch

    @wraps(train_epoch)
    def trained(self, on_step):
        return train_epoch(self, lambda: kill() if (self.method, self.steps) == (method, step) else on_step())

    Trainer.train_epoch = trained


def before_renaming(ending):
    """When a file is written and has not taken its name yet."""
    replace = os.replace
    os.replace = lambda old, new: kill() if str(new).endswith(ending) else replace(old, new)


def half_a_checkpoint():
    """When the first half of a checkpoint has reached its temporary file."""
    atomic_write = checkpoint_folder.atomic_write

    @contextmanager
    def write_half(path, mode):
        with atomic_write(path, mode) as file:
            yield HalfFile(file)

    checkpoint_folder.atomic_write = write_half


class HalfFile:
    """Writes half of what it is given."""

    def __init__(self, file):
        self.file = file

    def write(self, content):
        self.file.write(content[: len(content) // 2])
        self.file.flush()
        kill()


def half_a_record():
    """When the first half of a line has reached the metrics."""

    def write_half(path, line):
        with path.open("a") as file:
            file.write(line[: len(line) // 2])
        kill()

    metrics.append_line = write_half


MOMENTS = {
    "the folder is made": lambda: setattr(RunFolder, "write_config", kill),
    "the first step is taken": lambda: in_step("ce", 1),
    "half of a checkpoint is written": half_a_checkpoint,
    "within an epoch": lambda: in_step("ce", 2),
    "a checkpoint has no name yet": lambda: before_renaming(".pt"),
    "an old checkpoint is there still": lambda: setattr(Path, "unlink", kill),
    "half of a record is written": half_a_record,
    "a record is to be written": lambda: setattr(metrics.Metrics, "append", kill),
    "within an epoch of the second run": lambda: in_step("l2r", 3),
    "the weights are to be written": lambda: before_renaming(".csv"),
    "the summary is to be written": lambda: before_renaming("summary.json"),
    "a picture is to be written": lambda: before_renaming(".png"),
}


def run(moment, arguments):
    """The command, killed at a moment; None lets it end."""
    if moment is not None:
        MOMENTS[moment]()
    raise SystemExit(program.main(["train", *arguments]))
