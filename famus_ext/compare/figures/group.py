"""What is drawn together: the methods under one condition, each with a colour; and the band over the seeds."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes

from famus_ext.compare.entries import Comparison, Entry
from famus_ext.compare.layout import file_name
from famus_ext.train.names import METHOD_NAMES, data_name
from famus_ext.train.options.meta_model import Method
from famus_ext.train.plots.style import PALETTE
from famus_ext.train.recording.records import EpochRecord

DASHES = ("-", "--", ":")
TITLE_WIDTH = 84  # letters


@dataclass(frozen=True)
class Group:
    """Methods under one condition.

    Attributes:
        title: What was trained on.
        name: The condition; empty where there is but one.
        entries: The methods, each with a seed at least.
    """

    title: str
    name: str
    entries: tuple[Entry, ...]

    def line(self, entry: Entry) -> tuple[str, str]:
        """The colour of a method and its dashes, the same in every figure."""
        number = self.entries.index(entry)
        return PALETTE[number % len(PALETTE)], DASHES[number // len(PALETTE) % len(DASHES)]

    def path(self, folder: Path, figure: str, *more: str) -> Path:
        """The file of a figure."""
        return folder / f"{'-'.join([figure, *filter(None, map(file_name, (self.name, *more)))])}.png"

    def by_method(self, has: Callable[[EpochRecord], bool]) -> dict[Method, list[Entry]]:
        """The entries that have something to draw, by method: another method's θ and weights are of another kind.

        Args:
            has: Whether an epoch's record has something.
        """
        found: dict[Method, list[Entry]] = {}
        for entry in self.entries:
            if any(has(record) for history in entry.histories.values() for record in history):
                found.setdefault(entry.method, []).append(entry)
        return found


def groups(comparison: Comparison) -> list[Group]:
    """The groups of a comparison that have been trained."""
    found = []
    for name, entries in comparison.groups.items():
        trained = tuple(entry for entry in entries if entry.histories)
        if trained:
            found.append(Group(_title(comparison.title, name, trained[0]), name, trained))
    return found


def by_epoch(entry: Entry, of: Callable[[EpochRecord], float | None]) -> np.ndarray:
    """A number of each epoch's record, `[seeds, epochs]`; NaN where there is none."""
    histories = entry.histories.values()
    return np.array([[np.nan if (value := of(record)) is None else value for record in run] for run in histories])


def plot_band(
    axes: Axes, group: Group, entry: Entry, x: np.ndarray, values: np.ndarray, *, whole_range: bool = False
) -> None:
    """A line of the mean over the seeds, and a band of their sample deviation, or of their range.

    Args:
        axes: Where.
        group: The entry's group.
        entry: Whose values.
        x: Where each value lies, `[epochs]`.
        values: The values, `[seeds, epochs]`.
        whole_range: Whether the band is the range: a deviation below zero has no place on a logarithmic axis.
    """
    colour, dashes = group.line(entry)
    mean = values.mean(axis=0)
    axes.plot(x, mean, dashes, color=colour, linewidth=1.8, label=entry.name, marker="o" if len(x) == 1 else "")
    if len(values) > 1:
        deviation = values.std(axis=0, ddof=1)
        low, high = (values.min(axis=0), values.max(axis=0)) if whole_range else (mean - deviation, mean + deviation)
        axes.fill_between(x, low, high, color=colour, alpha=0.15, linewidth=0)


def seeds_line(group: Group, band: str = "band ± sample deviation") -> str:
    """How many seeds the lines are of, and what the band is."""
    counts = [len(entry.histories) for entry in group.entries]
    fewest, most = min(counts), max(counts)
    if most == 1:
        return "one seed"
    return f"{most if fewest == most else f'{fewest} to {most}'} seeds: mean, {band}"


def method_words(method: Method) -> str:
    """A method in words."""
    return METHOD_NAMES.get(method, "plain training")


def _title(title: str, group: str, entry: Entry) -> str:
    """What the figures belong to, their condition, and what their runs were trained on."""
    rates = [history[-1].actual_noise_rate for history in entry.histories.values()]
    known = [rate for rate in rates if rate is not None]
    data = data_name(entry.config, sum(known) / len(known) if known else None)
    lines = textwrap.wrap(title, TITLE_WIDTH) if title and title not in data else []
    return "\n".join([*lines, f"{group}: {data}" if group else data])
