"""All cells of an experiment, one after the other, then their comparison."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from signal import SIGINT, SIGTERM

from famus_ext.compare.layout import Layout
from famus_ext.compare.table import Table, tabulate
from famus_ext.compare.write import to_csv, to_markdown, to_text
from famus_ext.sweep.cells import PlannedCell
from famus_ext.sweep.progress import progress
from famus_ext.train.folder.files import atomic_write

STOPPED = (128 + SIGTERM, 128 + SIGINT)
"""Exit codes of a cell that was asked to stop."""
FAILED = 1
REFUSED = 2
"""Exit code of a cell whose options cannot be used."""


def run_sweep(
    planned: Sequence[PlannedCell],
    layout: Layout,
    folder: Path,
    train: Callable[[Sequence[str]], int],
    say: Callable[[str], object] = print,
) -> int:
    """Trains the cells that are not done, each in a folder of its own, going on where an earlier sweep stopped.

    Args:
        planned: The cells to train.
        layout: What is kept of the whole experiment.
        folder: Where the cells' folders lie.
        train: Runs a command line of `train`, see `train_in_process`.
        say: Takes lines to print.

    Returns:
        0; 1 when a cell failed; 2 when the first one's options cannot be used; the code of the cell that was asked to
        stop.

    Raises:
        OptionError: before anything is trained, for a folder that holds a cell of other options.
    """
    waiting = [cell for cell in planned if not progress(cell, folder).finished]
    folder.mkdir(parents=True, exist_ok=True)
    layout.write(folder)
    say(f"{layout.title}: {len(planned)} cells, {len(planned) - len(waiting)} done already; they go to {folder}")
    failed: list[str] = []
    start = time.monotonic()
    for number, cell in enumerate(waiting):
        place = folder / cell.cell.folder
        say(f"cell {number + 1} of {len(waiting)}: {cell.cell.name}{_time_left(start, number, len(waiting))}")
        code = train([*cell.words, "--resume=auto", f"--out={place}"])
        if code in STOPPED:
            say("stopped; the same command goes on")
            return code
        if code == REFUSED and number == 0:  # data that are not there, say: the others would be refused as well
            say(f"{cell.cell.name}: cannot run, see above; no other cell is tried")
            return code
        if code:
            failed.append(f"{cell.cell.name}: failed with exit code {code}, see above; the same command tries it again")
    try:
        _write(tabulate([folder]), folder, say)
    finally:  # where no cell has begun, there is nothing to compare
        for line in failed:
            say(line)
    return FAILED if failed else 0


def _time_left(start: float, done: int, count: int) -> str:
    """The time left by the mean of the cells done; nothing before the first."""
    if not done:
        return ""
    minutes = (time.monotonic() - start) / done * (count - done) / 60
    return f"; about {_in_words(minutes)} left"


def _in_words(minutes: float) -> str:
    """A time in minutes or hours."""
    return f"{minutes:.0f} min" if minutes < 100 else f"{minutes / 60:.1f} h"


def _write(table: Table, folder: Path, say: Callable[[str], object]) -> None:
    """The table, printed, and written in both forms."""
    for name, text in (("table.md", to_markdown(table)), ("table.csv", to_csv(table))):
        with atomic_write(folder / name) as file:
            file.write(text)
    say(to_text(table))
