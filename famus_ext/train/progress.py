"""What is told of an experiment while it runs: a line an epoch with the time left, a bar on a terminal, TensorBoard."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager

from tqdm import tqdm

from famus_ext.train.config import Config
from famus_ext.train.console import duration, epoch_line, is_quiet, say
from famus_ext.train.folder.run_folder import RunFolder
from famus_ext.train.processes import speaks
from famus_ext.train.recording.records import EpochRecord
from famus_ext.train.recording.tensorboard import RunLog
from famus_ext.train.time_left import TimeLeft
from famus_ext.train.trainer import Trainer


class Progress:
    """Of all runs of an experiment.

    Args:
        config: The options.
        folder: Where its files go.
    """

    def __init__(self, config: Config, folder: RunFolder) -> None:
        self._epochs = config.optimizer.epochs
        self._folder = folder
        self._logs = config.log.tensorboard and folder.writes
        self._left = TimeLeft([method for method, _ in config.runs], self._epochs)
        self._bar: tqdm[None] | None = None
        self._log: RunLog | None = None

    @contextmanager
    def run(self, trainer: Trainer, total: int) -> Iterator[tqdm[None]]:
        """A run begins, or goes on: its bar of `total` steps.

        There is none where the error stream is no terminal, or nothing is to be said.
        """
        self._left.begin(trainer.method, trainer.epoch)
        with ExitStack() as stack:
            bar = tqdm(
                total=total,
                initial=trainer.steps,
                desc=f"{trainer.method} seed {trainer.seed}",
                unit="step",
                leave=False,
                dynamic_ncols=True,
                disable=True if is_quiet() or not speaks() else None,
                file=sys.stderr,
            )
            self._bar = stack.enter_context(bar)
            if self._logs:
                layers = [layer.name for layer in trainer.step.layers]
                folder = self._folder.tensorboard(trainer.method, trainer.seed)
                self._log = stack.enter_context(closing(RunLog(folder, layers, trainer.history)))
            yield self._bar

    def epoch_done(self, record: EpochRecord) -> None:
        """Tells of an epoch of the run at hand."""
        self._left.epoch_done(record.method)
        left = self._left.seconds
        if self._bar is not None and left is not None:
            self._bar.set_postfix_str(f"{duration(left)} left in all", refresh=False)
        if self._log is not None:
            self._log.add(record)
        say(epoch_line(record, self._epochs, left))
