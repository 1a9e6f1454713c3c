"""Figure 3: test accuracy and test loss by epoch, a line a method."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib import style
from matplotlib.ticker import MaxNLocator, PercentFormatter

from famus_ext.compare.figures.group import Group, by_epoch, plot_band, seeds_line
from famus_ext.train.plots.style import STYLE, new_figure, save

LEGEND_ROW = 0.24  # inches


def draw_curves(group: Group, folder: Path) -> list[Path]:
    """Draws a group's test accuracy, left, and the cross-entropy of the test set, right."""
    path = group.path(folder, "figure3")
    with style.context(STYLE):
        figure = new_figure(height=4.2 + LEGEND_ROW * len(group.entries) / 2, width=10.5)
        left, right = figure.subplots(1, 2)
        for entry in group.entries:
            for axes, values in (
                (left, by_epoch(entry, lambda record: record.test_accuracy)),
                (right, by_epoch(entry, lambda record: record.test_loss)),
            ):
                plot_band(axes, group, entry, np.arange(1, values.shape[1] + 1), values)
        left.set(xlabel="epoch", ylabel="test accuracy")
        left.yaxis.set_major_formatter(PercentFormatter(1.0))
        right.set(xlabel="epoch", ylabel="test loss (cross-entropy)")
        for axes in (left, right):
            axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        figure.suptitle(f"{group.title}; {seeds_line(group)}", fontsize=11)
        figure.legend(*left.get_legend_handles_labels(), loc="outside lower center", ncols=2)
        save(figure, path)
    return [path]
