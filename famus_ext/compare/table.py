"""The comparison as numbers: mean and deviation over the seeds, paired differences, time and memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, median

from famus_ext.compare.entries import Comparison, Entry, compare
from famus_ext.compare.layout import Measure
from famus_ext.train.recording.records import EpochRecord, Spread


@dataclass(frozen=True)
class TableRow:
    """One entry in numbers; shares are of 1, the paper's numbers in percent.

    Attributes:
        name: The entry's name.
        group: Its group.
        seeds: The seeds that have been trained to the end.
        final: Test accuracy after the last epoch; None without a seed, as all that follows.
        best: Test accuracy at the best epoch, looked up on the test set.
        difference: Of the table's measure to the reference's, over the seeds that both have; None of the reference.
        paper: The paper's percentage.
        noise_rate: Share of wrong training labels; None where nobody knows.
        ms_per_step: Median over the epochs, mean over the seeds.
        paper_ms: The paper's.
        peak_memory_bytes: The largest, see `peak_memory`.
    """

    name: str
    group: str
    seeds: tuple[int, ...]
    final: Spread | None
    best: Spread | None
    difference: Spread | None
    paper: float | None
    noise_rate: float | None
    ms_per_step: float | None
    paper_ms: float | None
    peak_memory_bytes: int | None


@dataclass(frozen=True)
class Table:
    """The rows, what they belong to, and what must be known to read them.

    Attributes:
        title: See `Comparison`.
        measure: The accuracy whose difference is given.
        reference: What it is the difference to.
        rows: The rows, group by group.
        notes: Where rows that are compared differ in more than the method.
    """

    title: str
    measure: Measure
    reference: str
    rows: tuple[TableRow, ...]
    notes: tuple[str, ...]


def tabulate(folders: Sequence[Path], reference: str | None = None) -> Table:
    """The table of some folders, see `compare`."""
    return table_of(compare(folders, reference))


def table_of(comparison: Comparison) -> Table:
    """The table of a comparison."""
    rows, notes = [], []
    for entries in comparison.groups.values():
        reference = next((entry for entry in entries if entry.name == comparison.reference), None)
        for entry in entries:
            rows.append(_row(entry, reference, comparison.measure))
            notes += _notes(entry, reference)
    return Table(comparison.title, comparison.measure, comparison.reference, tuple(rows), tuple(notes))


def accuracy(history: Sequence[EpochRecord], measure: Measure) -> float:
    """A run's test accuracy after the last epoch, or at the best one."""
    return history[-1].test_accuracy if measure == "final" else max(record.test_accuracy for record in history)


def _row(entry: Entry, reference: Entry | None, measure: Measure) -> TableRow:
    """One entry in numbers."""
    histories = list(entry.histories.values())
    records = [record for history in histories for record in history]
    rates = [history[-1].actual_noise_rate for history in histories]
    memory = [record.peak_memory_bytes for record in records if record.peak_memory_bytes is not None]
    steps = [median(record.ms_per_step for record in history) for history in histories]
    return TableRow(
        name=entry.name,
        group=entry.group,
        seeds=tuple(entry.histories),
        final=_spread([accuracy(history, "final") for history in histories]),
        best=_spread([accuracy(history, "best") for history in histories]),
        difference=None if reference is None or entry is reference else _difference(entry, reference, measure),
        paper=entry.paper,
        noise_rate=fmean(rate for rate in rates if rate is not None) if rates and None not in rates else None,
        ms_per_step=fmean(steps) if steps else None,
        paper_ms=entry.paper_ms,
        peak_memory_bytes=max(memory, default=None),
    )


def _difference(entry: Entry, reference: Entry, measure: Measure) -> Spread | None:
    """Of each seed that both have, this entry's accuracy less the reference's."""
    return _spread(
        [
            accuracy(history, measure) - accuracy(reference.histories[seed], measure)
            for seed, history in entry.histories.items()
            if seed in reference.histories
        ]
    )


def _notes(entry: Entry, reference: Entry | None) -> list[str]:
    """What a reader of the entry's row must know."""
    asked, done = len(entry.config.seeds), len(entry.histories)
    notes = [f"{entry.label}: {done} of {asked} seeds trained to the end"] if done < asked else []
    if reference is None or entry is reference:
        return notes
    if entry.histories.keys() != reference.histories.keys():
        notes.append(
            f"{entry.label}: seeds {_seeds(entry)}, {reference.name} {_seeds(reference)}; "
            "the difference is over those that both have"
        )
    other = [
        seed
        for seed in entry.histories.keys() & reference.histories.keys()
        if entry.histories[seed][-1].labels_hash != reference.histories[seed][-1].labels_hash
    ]
    if other:
        seeds = ", ".join(map(str, sorted(other)))
        notes.append(f"{entry.label}: trained on other labels than {reference.name} (seeds {seeds})")
    return notes


def _seeds(entry: Entry) -> str:
    """The seeds trained to the end."""
    return " ".join(map(str, sorted(entry.histories))) or "none"


def _spread(values: list[float]) -> Spread | None:
    """Mean and deviation; None of nothing."""
    return Spread.of(values) if values else None
