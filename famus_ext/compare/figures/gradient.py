"""Figure 4: mean and variance of the meta gradient by epoch, a panel a way of choosing layers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from famus_ext.compare.entries import Entry
from famus_ext.compare.figures.group import Group, by_epoch, method_words, plot_band, seeds_line
from famus_ext.train.plots.style import STYLE, new_figure, save


def draw_gradient(group: Group, folder: Path) -> list[Path]:
    """Draws a file for each method whose θ lasts: the gradients of another method's θ are of another size."""
    return [
        _draw(group, entries, group.path(folder, "figure4", method), method_words(method))
        for method, entries in group.by_method(lambda record: record.gradient_variance is not None).items()
    ]


def _draw(group: Group, entries: list[Entry], path: Path, method: str) -> Path:
    """A panel an entry above, on one scale, with mean and deviation over the steps; all variances below."""
    with style.context(STYLE):
        figure = new_figure(height=7.0, width=max(7.2, 3.2 * len(entries)))
        grid = figure.add_gridspec(2, len(entries))
        first: Axes | None = None
        for column, entry in enumerate(entries):
            axes = figure.add_subplot(grid[0, column], sharey=first)
            _panel(axes, group, entry)
            axes.set_title(entry.name, fontsize=11)
            if first is None:
                first = axes
                axes.set_ylabel("meta gradient ∂L/∂θ:\nmean ± deviation over steps")
            else:
                axes.tick_params(labelleft=False)
        below = figure.add_subplot(grid[1, :])
        for entry in entries:
            variances = by_epoch(entry, lambda record: record.gradient_variance)
            plot_band(below, group, entry, np.arange(1, variances.shape[1] + 1), variances, whole_range=True)
        below.set(xlabel="epoch", ylabel="variance of the meta gradient\nover steps, mean over θ", yscale="log")
        below.xaxis.set_major_locator(MaxNLocator(integer=True))
        below.legend(loc="best")
        figure.suptitle(f"{group.title}\n{method}, {seeds_line(group, 'band below: range')}", fontsize=11)
        save(figure, path)
    return path


def _panel(axes: Axes, group: Group, entry: Entry) -> None:
    """Mean over the steps of an epoch and entries of θ, and the deviation over the steps, both mean over the seeds."""
    mean = by_epoch(entry, lambda record: record.gradient_mean).mean(axis=0)
    deviation = np.sqrt(by_epoch(entry, lambda record: record.gradient_variance)).mean(axis=0)
    epochs = np.arange(1, len(mean) + 1)
    colour, dashes = group.line(entry)
    axes.plot(epochs, mean, dashes, color=colour, linewidth=1.8)
    axes.fill_between(epochs, mean - deviation, mean + deviation, color=colour, alpha=0.2, linewidth=0)
    axes.set_xlabel("epoch")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=5))
    axes.ticklabel_format(axis="y", scilimits=(-2, 3))
