"""Figure 1a: test accuracy by training time."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib import style
from matplotlib.ticker import PercentFormatter

from famus_ext.compare.figures.group import Group, by_epoch, plot_band, seeds_line
from famus_ext.train.plots.style import STYLE, new_figure, save

UNITS = (("h", 3600.0), ("min", 60.0), ("s", 1.0))


def draw_time(group: Group, folder: Path) -> list[Path]:
    """Draws accuracy by the time of the training steps alone, as it passed on the machine of the runs."""
    path = group.path(folder, "figure1a")
    times = [by_epoch(entry, lambda record: record.seconds).mean(axis=0).cumsum() for entry in group.entries]
    longest = max(float(time[-1]) for time in times)
    unit, seconds = next((pair for pair in UNITS if longest >= 2 * pair[1]), UNITS[-1])
    with style.context(STYLE):
        figure = new_figure(height=5.0 + 0.2 * len(group.entries))
        axes = figure.add_subplot()
        for entry, time in zip(group.entries, times, strict=True):
            accuracies = by_epoch(entry, lambda record: record.test_accuracy)
            plot_band(axes, group, entry, np.asarray(time / seconds), accuracies)
        axes.set(xlabel=f"time of the training steps, {unit}", ylabel="test accuracy", xlim=(0.0, None))
        axes.yaxis.set_major_formatter(PercentFormatter(1.0))
        figure.suptitle(f"{group.title}\n{seeds_line(group)}", fontsize=11)
        figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=2)
        save(figure, path)
    return [path]
