"""The file of an experiment.

::

    title: Table 1. MW-Net and L2R on noisy labels
    shows: FaMUS is no worse than the method it speeds up.
    measure: best                # the accuracy that the paper gives: best (the default) or final
    reference: cross-entropy     # the row that the others are compared with; the first where not given
    options: {baseline: false, epochs: 30}
    data:                        # --data NAME takes one, the first by default; further options for each
      fashion-mnist: {num-train: 5000}
      cifar10: {network: wrn-28-10}
    rows:
      - name: cross-entropy
        options: {method: ce}
      - name: MW-Net
        options: {method: mwnet, sampler: all}
        paper: {cifar10: {20 %: 91.9, 40 %: 89.6}}    # or one number, for rows without columns
        paper-ms: 933
        data: {fashion-mnist: {lr: 0.3}}              # its own options for a data set
        columns: [20 %, 40 %]    # the columns that it has; all where not given
    columns:                     # every row with every column is a cell; without columns a row is one
      - name: 20 %
        options: {noise-rate: 0.2}

Options are those of `train`, named as there. Those further down in `options`, `data`, row, its `data`, column win.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from famus_ext.compare.layout import Measure
from famus_ext.train.config_file import checked_options, read_yaml
from famus_ext.train.options.check import OptionError

TOP = {"title", "shows", "measure", "reference", "options", "data", "rows", "columns"}
ROW = {"name", "options", "data", "paper", "paper-ms", "columns"}
COLUMN = {"name", "options"}


@dataclass(frozen=True)
class Row:
    """One row; `paper` is the paper's percentage by data set and column name (None without columns)."""

    name: str
    options: dict[str, Any]
    data: dict[str, dict[str, Any]] = field(default_factory=dict)
    paper: dict[str, dict[str | None, float]] = field(default_factory=dict)
    paper_ms: float | None = None
    columns: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Column:
    """One column."""

    name: str
    options: dict[str, Any]


@dataclass(frozen=True)
class Experiment:
    """What the file says; options are checked and by their usual names."""

    path: Path
    title: str
    shows: str
    measure: Measure
    reference: str
    options: dict[str, Any]
    data: dict[str, dict[str, Any]]
    rows: tuple[Row, ...]
    columns: tuple[Column, ...]


def read_experiment(path: Path) -> Experiment:
    """Reads the file of an experiment.

    Raises:
        OptionError: naming the file, the entry, what was expected and what came.
    """
    content = _mapping(read_yaml(path), TOP, str(path))
    columns = tuple(_column(entry, f"{path}: columns") for entry in _list(content.get("columns"), f"{path}: columns"))
    rows = tuple(_row(entry, columns, f"{path}: rows") for entry in _list(content.get("rows"), f"{path}: rows"))
    if not rows:
        raise OptionError(f"{path}: rows: expected at least one")
    for kind, names in (("rows", [row.name for row in rows]), ("columns", [column.name for column in columns])):
        if len(set(names)) < len(names):
            raise OptionError(f"{path}: {kind}: expected different names, got {', '.join(names)}")
    data = _data(content, f"{path}: data")
    for row in rows:
        unknown = sorted({*row.data, *row.paper} - set(data))
        if data and unknown:
            raise OptionError(
                f"{path}: rows: {row.name}: expected data sets of {', '.join(data)}, got {', '.join(unknown)}"
            )
    measure, reference = content.get("measure", "best"), content.get("reference", rows[0].name)
    if measure not in ("best", "final"):
        raise OptionError(f"{path}: measure: expected best or final, got {measure!r}")
    if reference not in [row.name for row in rows]:
        raise OptionError(f"{path}: reference: expected the name of a row, got {reference!r}")
    return Experiment(
        path=path,
        title=_text(content, "title", str(path)),
        shows=" ".join(_text(content, "shows", str(path)).split()),
        measure=measure,
        reference=reference,
        options=checked_options(content.get("options"), f"{path}: options"),
        data=data,
        rows=rows,
        columns=columns,
    )


def _row(entry: object, columns: Sequence[Column], where: str) -> Row:
    """One entry of `rows`."""
    content = _mapping(entry, ROW, where)
    name = _text(content, "name", where)
    where = f"{where}: {name}"
    every = [column.name for column in columns]
    own = None if content.get("columns") is None else tuple(map(str, _list(content["columns"], f"{where}: columns")))
    if own is not None and not set(own) <= set(every):
        raise OptionError(f"{where}: columns: expected some of {', '.join(every)}, got {', '.join(own)}")
    milliseconds = content.get("paper-ms")
    return Row(
        name=name,
        options=checked_options(content.get("options"), f"{where}: options"),
        data=_data(content, f"{where}: data"),
        paper=_paper(content.get("paper") or {}, every, f"{where}: paper"),
        paper_ms=None if milliseconds is None else _number(milliseconds, f"{where}: paper-ms"),
        columns=own,
    )


def _column(entry: object, where: str) -> Column:
    """One entry of `columns`."""
    content = _mapping(entry, COLUMN, where)
    name = _text(content, "name", where)
    return Column(name, checked_options(content.get("options"), f"{where}: {name}: options"))


def _data(content: Mapping[str, Any], where: str) -> dict[str, dict[str, Any]]:
    """Options by data set."""
    data = content.get("data") or {}
    if not isinstance(data, Mapping):
        raise OptionError(f"{where}: expected data sets with their options, got {data!r:.80}")
    return {str(name): checked_options(options, f"{where}: {name}") for name, options in data.items()}


def _paper(content: object, columns: Sequence[str], where: str) -> dict[str, dict[str | None, float]]:
    """The paper's percentages by data set and column."""
    if not isinstance(content, Mapping):
        raise OptionError(f"{where}: expected data sets with the paper's percentages, got {content!r:.80}")
    found: dict[str, dict[str | None, float]] = {}
    for data, given in content.items():
        by_column = given if columns else {None: given}
        if not isinstance(by_column, Mapping):
            raise OptionError(f"{where}: {data}: expected a percentage for each column, got {given!r:.80}")
        unknown = [str(name) for name in by_column if name is not None and str(name) not in columns]
        if unknown:
            raise OptionError(f"{where}: {data}: expected some of {', '.join(columns)}, got {', '.join(unknown)}")
        found[str(data)] = {
            None if name is None else str(name): _number(value, f"{where}: {data}") for name, value in by_column.items()
        }
    return found


def _mapping(value: object, names: set[str], where: str) -> Mapping[str, Any]:
    """Named values that are all known."""
    if not isinstance(value, Mapping):
        raise OptionError(f"{where}: expected named values, got {value!r:.80}")
    unknown = sorted(str(name) for name in value if name not in names)
    if unknown:
        raise OptionError(f"{where}: expected some of {', '.join(sorted(names))}, got {', '.join(unknown)}")
    return value


def _list(value: object, where: str) -> list[Any]:
    """A list; none is an empty one."""
    if value is not None and not isinstance(value, list):
        raise OptionError(f"{where}: expected a list, got {value!r:.80}")
    return value or []


def _text(content: Mapping[str, Any], name: str, where: str) -> str:
    """A text that must be there."""
    value = content.get(name)
    if value is None or isinstance(value, (Mapping, list)):
        raise OptionError(f"{where}: {name}: expected text, got {value!r:.80}")
    return str(value)


def _number(value: object, where: str) -> float:
    """A number."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise OptionError(f"{where}: expected a number, got {value!r:.80}")
    return float(value)
