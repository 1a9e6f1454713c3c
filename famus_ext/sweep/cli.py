"""`python -m famus_ext run`: an experiment's file in, exit code out."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from famus_ext.sweep.cell_process import train_in_process
from famus_ext.sweep.cells import PlannedCell, layout, plan, selected
from famus_ext.sweep.experiment_file import Experiment, read_experiment
from famus_ext.sweep.progress import progress
from famus_ext.sweep.sweep import run_sweep
from famus_ext.train.config_file import command_line
from famus_ext.train.exit_code import exit_code
from famus_ext.train.folder.run_folder import DEFAULT_PARENT
from famus_ext.train.options.check import OptionError
from famus_ext.train.options.shown import left_open

PROGRAM = "python -m famus_ext run"
DESCRIPTION = """Run a table of experiments, as experiments/table1.yaml describes one.

Each cell is a run folder of `train`; their comparison is printed at the end.

The same command goes on with what was stopped. Options of `train` may be added.
"""


@dataclass(frozen=True)
class RunOptions:
    """What to run, and where."""

    file: Annotated[Path, tyro.conf.Positional, tyro.conf.arg(metavar="FILE.yaml")]
    """The experiment's file; it comes first."""
    data: Annotated[str | None, left_open("NAME", "the file's first", aliases=("--dataset",))] = None
    """Data set: one that the file has options for, or any other of `train`."""
    out: Annotated[Path | None, left_open("FOLDER", "runs/<file>-<data set>")] = None
    """Folder of the cells' folders."""
    only: Annotated[tuple[str, ...], tyro.conf.arg(metavar="NAME ...", help_behavior_hint="(default: all)")] = ()
    """Cells to run, by the name of the cell, its row, its column or its folder."""
    list: Annotated[bool, tyro.conf.FlagCreatePairsOff] = False
    """List the cells with their options and what is done of them, and run none."""


def main(arguments: Sequence[str]) -> int:
    """Runs the command.

    Args:
        arguments: The command line after `run`.

    Returns:
        The exit code: 0 fine, 1 when a cell failed, 2 for bad options, the first cell's too, 130 after SIGINT
            (Ctrl-C), 143 after SIGTERM.
    """
    options, overrides = tyro.cli(
        RunOptions, prog=PROGRAM, description=DESCRIPTION, args=list(arguments), return_unknown_args=True
    )
    return exit_code(PROGRAM, lambda: _run(options, overrides))


def _run(options: RunOptions, overrides: Sequence[str]) -> int:
    """Lists the cells, or runs them."""
    experiment = read_experiment(options.file)
    data = options.data or next(iter(experiment.data), None)
    if data is None:
        raise OptionError(f"--data: expected a data set, for {options.file} names none")
    planned = plan(experiment, data, overrides)
    chosen = selected(planned, options.only)
    folder = options.out or DEFAULT_PARENT / f"{options.file.stem}-{data}"
    if options.list:
        _list(experiment, chosen, folder)
        return 0
    return run_sweep(chosen, layout(experiment, planned), folder, train_in_process, _say)


def _list(experiment: Experiment, planned: Sequence[PlannedCell], folder: Path) -> None:
    """The cells: how far each is, and the options that not all of them share."""
    shared = {
        name: value
        for name, value in planned[0].options.items()
        if all(name in cell.options and cell.options[name] == value for cell in planned)
    }
    common = shlex.join([*command_line(shared), *planned[0].overrides])
    print(f"{experiment.title}\n{experiment.shows}\n\nin {folder}, all with {common}\n")
    done = [str(progress(cell, folder)) for cell in planned]
    width, of_name = max(map(len, done)), max(len(cell.cell.name) for cell in planned)
    for state, cell in zip(done, planned, strict=True):
        own = {name: value for name, value in cell.options.items() if name not in shared}
        print(f"{state:<{width}}  {cell.cell.name:<{of_name}}  {shlex.join(command_line(own))}".rstrip())


def _say(line: str) -> None:
    """Prints a line before the cells' own."""
    print(line, flush=True)
