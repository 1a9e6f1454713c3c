"""Figure 5: the weights of the examples with right labels, early and late."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.ticker import PercentFormatter

from famus_ext.compare.entries import Entry
from famus_ext.compare.figures.group import Group, method_words
from famus_ext.train.plots.style import STYLE, new_figure, save
from famus_ext.train.recording.weight_histogram import BINS, EDGES

EARLY = 0.3  # of the epochs; the paper shows step 6,000 of about 20,000, and 20,000
SHOWN = 1e-3  # share of the examples of a bin that is within the axes for sure


def draw_weights(group: Group, folder: Path) -> list[Path]:
    """Draws a file for each method that weights its examples, where it is known which labels are right."""
    return [
        _draw(group, entries, group.path(folder, "figure5", method), method_words(method))
        for method, entries in group.by_method(lambda record: bool(record.weight_histogram_clean)).items()
    ]


def _draw(group: Group, entries: list[Entry], path: Path, method: str) -> Path:
    """The share of the examples by weight, all seeds together: early on the left, after the last epoch on the right."""
    shares = {entry.name: [_shares(entry, epoch) for epoch in _moments(entry)] for entry in entries}
    end = _end([share for both in shares.values() for share in both])
    rest = "; the last bar is open" if end == EDGES[-1] else ""
    with style.context(STYLE):
        figure = new_figure(height=4.6, width=10.5)
        panels = figure.subplots(1, 2, sharex=True, sharey=True)
        for number, axes in enumerate(panels):
            for entry in entries:
                _steps(axes, group, entry, shares[entry.name][number])
            axes.set_title(_title({_moments(entry)[number] for entry in entries}), fontsize=11)
            axes.set(xlabel="weight of an example, 1 = plain training", xlim=(0.0, end))
            axes.yaxis.set_major_formatter(PercentFormatter(1.0))
        panels[0].set_ylim(0.0, None)  # of both, when both are drawn
        panels[0].set_ylabel("share of the examples with a right label")
        figure.suptitle(f"{group.title}\n{method}, all seeds together{rest}", fontsize=11)
        figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
        save(figure, path)
    return path


def _moments(entry: Entry) -> tuple[int, int]:
    """The early and the late epoch of a method."""
    epochs = entry.config.optimizer.epochs
    return max(1, round(EARLY * epochs)), epochs


def _title(epochs: set[int]) -> str:
    """The epoch of a panel, or the epochs where methods are trained for different times."""
    return f"epoch {min(epochs)}" if len(epochs) == 1 else f"epochs {min(epochs)} to {max(epochs)}, by method"


def _shares(entry: Entry, epoch: int) -> np.ndarray:
    """Share of the examples in each bin, `[BINS + 1]`; the last bin is open."""
    counts = np.sum([history[epoch - 1].weight_histogram_clean for history in entry.histories.values()], axis=0)
    shares: np.ndarray = counts / counts.sum()
    return shares


def _end(shares: list[np.ndarray]) -> float:
    """Where the axes end: behind the last bin that holds anything to speak of, at 1 at least."""
    last = int(np.flatnonzero(np.max(shares, axis=0) > SHOWN)[-1]) + 1
    return EDGES[min(max(last, EDGES.index(1.0)), BINS)]


def _steps(axes: Axes, group: Group, entry: Entry, shares: np.ndarray) -> None:
    """One method's histogram as steps over a light area."""
    colour, dashes = group.line(entry)
    joined = np.append(shares[:-2], shares[-2] + shares[-1])
    axes.stairs(joined, EDGES, color=colour, fill=True, alpha=0.15)
    axes.stairs(joined, EDGES, color=colour, linestyle=dashes, linewidth=1.6, label=entry.name)
