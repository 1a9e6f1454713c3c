"""The cells of an experiment on one data set: rows times columns, each a command line of `train`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from famus_ext.compare.layout import Cell, Layout, file_name
from famus_ext.sweep.experiment_file import Column, Experiment, Row
from famus_ext.train.cli import parse_config
from famus_ext.train.config import Config
from famus_ext.train.config_file import command_line, config_of
from famus_ext.train.options.check import OptionError


@dataclass(frozen=True)
class PlannedCell:
    """A cell and how to train it.

    Attributes:
        cell: Its name and place.
        options: The file's options for it, by their usual names.
        overrides: Words of the command line that win over them.
        config: What the two mean.
    """

    cell: Cell
    options: dict[str, Any]
    overrides: tuple[str, ...]
    config: Config

    @property
    def words(self) -> list[str]:
        """The command line of `train`, without the folder."""
        return [*command_line(self.options), *self.overrides]


def plan(experiment: Experiment, data: str, overrides: Sequence[str] = ()) -> list[PlannedCell]:
    """The cells of an experiment, row by row.

    Args:
        experiment: What its file says.
        data: One of the file's data sets, or another data set, which takes the common options.
        overrides: Words of the command line that win over the file's options.

    Raises:
        OptionError: naming the cell whose options cannot be used, or that names a data set of its own where `data` is
            none of the file's.
    """
    planned = []
    for row in experiment.rows:
        for column in _columns_of(row, experiment):
            cell = _cell(row, column, data)
            options = {
                **experiment.options,
                "dataset": data,
                **experiment.data.get(data, {}),
                **row.options,
                **row.data.get(data, {}),
                **({} if column is None else column.options),
            }
            own = options["dataset"]
            if own != data and data not in experiment.data:
                expected = ", ".join(experiment.data) or own
                raise OptionError(f"--data: expected {expected}, since {cell.name} is always on {own}, got {data}")
            planned.append(_planned(cell, options, overrides, experiment))
    folders = [one.cell.folder for one in planned]
    twice = sorted({folder for folder in folders if folders.count(folder) > 1})
    if twice:
        raise OptionError(f"{experiment.path}: cells that would share the folder {twice[0]}: name them otherwise")
    return planned


def layout(experiment: Experiment, planned: Sequence[PlannedCell]) -> Layout:
    """What is kept of the experiment beside its cells' folders."""
    cells = tuple(one.cell for one in planned)
    return Layout(experiment.title, experiment.shows, experiment.measure, experiment.reference, cells)


def selected(planned: Sequence[PlannedCell], names: Sequence[str]) -> list[PlannedCell]:
    """The cells that are named by their name, row, column or folder; all where there is no name.

    Raises:
        OptionError: for a name that no cell has.
    """
    for name in names:
        if not any(name in _names(one.cell) for one in planned):
            cells = ", ".join(repr(one.cell.name) for one in planned)
            raise OptionError(f"--only: expected names of cells, rows or columns, of {cells}; got {name!r}")
    return [one for one in planned if not names or any(name in _names(one.cell) for name in names)]


def _columns_of(row: Row, experiment: Experiment) -> list[Column | None]:
    """The columns that a row has; one that is None where there are none."""
    if not experiment.columns:
        return [None]
    return [column for column in experiment.columns if row.columns is None or column.name in row.columns]


def _cell(row: Row, column: Column | None, data: str) -> Cell:
    """One cell's name and place."""
    name = row.name if column is None else f"{row.name}, {column.name}"
    column_name = None if column is None else column.name
    paper = row.paper.get(data, {}).get(column_name)
    return Cell(name, row.name, column_name, file_name(name), paper, row.paper_ms)


def _planned(cell: Cell, options: dict[str, Any], overrides: Sequence[str], experiment: Experiment) -> PlannedCell:
    """The cell with its options read as the command line is."""
    try:
        config = config_of(options)
        config = parse_config([*command_line(options), *overrides]) if overrides else config
    except OptionError as error:
        raise OptionError(f"{experiment.path}: {cell.name}: {error}") from error
    except SystemExit as stop:  # the parser has said what is wrong, and of no cell
        raise OptionError(f"{experiment.path}: {cell.name}: its options cannot be used, see above") from stop
    return PlannedCell(cell, options, tuple(overrides), config)


def _names(cell: Cell) -> tuple[str | None, ...]:
    """What a cell may be called by."""
    return (cell.name, cell.row, cell.column, cell.folder)
