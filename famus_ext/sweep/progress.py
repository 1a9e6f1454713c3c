"""What is done of a cell."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from famus_ext.sweep.cells import PlannedCell
from famus_ext.train.config import Config
from famus_ext.train.folder.read_run import RunError, read_run
from famus_ext.train.folder.resume import check_unchanged
from famus_ext.train.folder.run_folder import RunFolder
from famus_ext.train.options.check import OptionError


@dataclass(frozen=True)
class Progress:
    """How far a cell is.

    Attributes:
        begun: Whether its folder holds an experiment.
        finished: Whether every run of it has been trained as long as asked, and summarised.
        epochs: Epochs trained, of all methods and seeds.
        of: Epochs that there are to train.
    """

    begun: bool
    finished: bool
    epochs: int
    of: int

    def __str__(self) -> str:
        """In a word or two."""
        return "done" if self.finished else f"{self.epochs} of {self.of} epochs" if self.begun else "to do"


def progress(planned: PlannedCell, folder: Path) -> Progress:
    """How far a cell is in a folder.

    Raises:
        OptionError: when the folder holds a cell of other options, naming those, or is damaged.
    """
    config, path = planned.config, folder / planned.cell.folder
    of = len(config.runs) * config.optimizer.epochs
    if not RunFolder(path).has_begun:
        return Progress(False, False, 0, of)
    try:
        run = read_run(path)
    except RunError as error:
        raise OptionError(str(error)) from error
    _check_same(run.config, config, planned, path)
    finished = run.is_finished and run.config.optimizer.epochs == config.optimizer.epochs
    return Progress(True, finished, sum(map(len, run.histories.values())), of)


def _check_same(stored: Config, wanted: Config, planned: PlannedCell, path: Path) -> None:
    """Refuses a folder of other options; epochs may be raised."""
    try:
        check_unchanged(stored, wanted)
    except OptionError as error:
        reason = str(error).removeprefix("--resume: ")
        raise OptionError(f"{planned.cell.name}: {path}: {reason}; name another folder by --out") from error
