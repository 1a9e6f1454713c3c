"""What is compared: one method of one run folder each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from famus_ext.compare.layout import Cell, Layout, Measure, read_layout
from famus_ext.train.config import Config
from famus_ext.train.folder.read_run import FinishedRun, RunError, read_run
from famus_ext.train.folder.run_folder import RunFolder
from famus_ext.train.names import data_name, method_name
from famus_ext.train.options.meta_model import Method
from famus_ext.train.recording.records import EpochRecord


@dataclass(frozen=True)
class Entry:
    """One method of one run folder.

    Attributes:
        name: What it is called in its group.
        group: The condition that its group shares, an experiment's column; empty without one.
        method: The method.
        config: The run's options.
        histories: Its records by seed, of the seeds that have been trained to the end.
        paper: The paper's percentage; None where there is none.
        paper_ms: The paper's milliseconds a step.
    """

    name: str
    group: str
    method: Method
    config: Config
    histories: dict[int, tuple[EpochRecord, ...]]
    paper: float | None = None
    paper_ms: float | None = None

    @property
    def label(self) -> str:
        """Name and group."""
        return f"{self.name}, {self.group}" if self.group else self.name


@dataclass(frozen=True)
class Comparison:
    """The entries, grouped, and what they belong to.

    Attributes:
        title: The experiments' titles; what was trained on, for run folders of one data set; else empty.
        measure: The accuracy that is compared.
        reference: Name of the entry in each group that the others are compared with.
        entries: The entries, group by group.
    """

    title: str
    measure: Measure
    reference: str
    entries: tuple[Entry, ...]

    @property
    def groups(self) -> dict[str, list[Entry]]:
        """The entries by group, in order."""
        groups: dict[str, list[Entry]] = {}
        for entry in self.entries:
            groups.setdefault(entry.group, []).append(entry)
        return groups


def compare(folders: Sequence[Path], reference: str | None = None) -> Comparison:
    """The runs of some folders; one that is given twice counts once.

    Experiments of several cells keep to themselves where they share names, each with a reference of its own: the
    condition then begins with the folder.

    Args:
        folders: Run folders, and folders of experiments of several cells.
        reference: Name of the entry that the others of its group are compared with; None for the experiment's, or the
            first.

    Raises:
        RunError: when a folder holds neither, a file is damaged, nothing has begun, or no entry has the name.
    """
    names = _told_apart(folders)
    layouts = [read_layout(folder) for folder in names]
    found = [
        _of_run(read_run(folder), name if len(names) > 1 else "") if layout is None else _of_layout(folder, layout)
        for (folder, name), layout in zip(names.items(), layouts, strict=True)
    ]
    labels = [entry.label for some in found for entry in some]
    if len(set(labels)) < len(labels):
        found = [
            some if layout is None else [_within(name, entry) for entry in some]
            for name, some, layout in zip(names.values(), found, layouts, strict=True)
        ]
    entries = [entry for some in found for entry in some]
    if not entries:
        raise RunError(f"{', '.join(map(str, folders))}: nothing has begun there")
    first = layouts[0]
    name = reference or (entries[0].name if first is None else first.reference)
    if reference is not None and name not in {entry.name for entry in entries}:
        known = ", ".join(repr(entry.name) for entry in entries)
        raise RunError(f"--reference: expected one of {known}, got {reference!r}")
    titles = dict.fromkeys(layout.title for layout in layouts if layout is not None)
    title = "; ".join(titles) or _data(entries)
    return Comparison(title, "final" if first is None else first.measure, name, tuple(entries))


def _told_apart(folders: Sequence[Path]) -> dict[Path, str]:
    """Different folders, each with its name, or the whole path where another has that name too."""
    different: dict[Path, Path] = {}
    for folder in folders:
        different.setdefault(folder.resolve(), folder)
    names = [path.name for path in different]
    return {folder: path.name if names.count(path.name) == 1 else str(folder) for path, folder in different.items()}


def _within(name: str, entry: Entry) -> Entry:
    """An experiment's entry under a condition that begins with the folder's name."""
    return replace(entry, group=f"{name}, {entry.group}" if entry.group else name)


def _of_layout(folder: Path, layout: Layout) -> list[Entry]:
    """The entries of an experiment's cells that have begun, column by column."""
    columns = list(dict.fromkeys(cell.column for cell in layout.cells))
    cells = sorted(layout.cells, key=lambda cell: columns.index(cell.column))
    return [entry for cell in cells if RunFolder(folder / cell.folder).has_begun for entry in _of_cell(folder, cell)]


def _of_cell(folder: Path, cell: Cell) -> list[Entry]:
    """A cell's method, and its baseline where it has one."""
    run = read_run(folder / cell.folder)
    *baseline, method = run.config.methods
    entries = [
        _entry(run, name, f"{cell.row}: {method_name(run.config, name)}", cell.column or "") for name in baseline
    ]
    own = _entry(run, method, cell.row, cell.column or "", cell.paper, cell.paper_ms)
    return [*entries, own]


def _of_run(run: FinishedRun, name: str) -> list[Entry]:
    """The methods of a run folder, with the folder's name where there are several."""
    folder = f"{name}: " if name else ""
    return [_entry(run, method, f"{folder}{method_name(run.config, method)}", "") for method in run.config.methods]


def _entry(
    run: FinishedRun,
    method: Method,
    name: str,
    group: str,
    paper: float | None = None,
    paper_ms: float | None = None,
) -> Entry:
    """A method with the seeds that have been trained to the end."""
    epochs = run.config.optimizer.epochs
    histories = {
        seed: history for (kind, seed), history in run.histories.items() if kind == method and len(history) == epochs
    }
    return Entry(name, group, method, run.config, histories, paper, paper_ms)


def _data(entries: Sequence[Entry]) -> str:
    """What was trained on, where that is one thing."""
    names = {data_name(entry.config, None) for entry in entries}
    return names.pop() if len(names) == 1 else ""
