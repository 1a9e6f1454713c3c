"""The learned weight as a function of the loss, early and late, above a histogram of the losses there are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib import style
from matplotlib.axes import Axes

from famus_ext.train.config import Config
from famus_ext.train.names import method_name
from famus_ext.train.plots.style import (
    GREY,
    LABELS,
    PALETTE,
    STYLE,
    compared,
    new_figure,
    save,
    title,
)
from famus_ext.train.recording.records import RunResult
from famus_ext.train.recording.weight_curves import LOSSES, MAXIMUM, shown_epochs

MOMENTS = ((":", 1.6), ("--", 1.8), ("-", 2.4))
"""Line of the first, a middle and the last epoch."""
BINS = 40
SHOWN = 0.999  # share of the examples whose losses lie within the axis


def plot_weight_function(path: Path, config: Config, results: list[RunResult]) -> None:
    """Draws V(L) after the first, a middle and the last epoch, mean and range over the seeds, and the last losses."""
    runs = [run for run in results if run.method == config.method]
    losses = np.concatenate([run.losses.numpy() for run in runs])
    end = float(np.clip(np.quantile(losses, SHOWN), 1.0, MAXIMUM))
    with style.context(STYLE):
        figure = new_figure(height=6.4)
        curves, histogram = figure.subplots(2, 1, sharex=True, height_ratios=(3, 2))
        _curves(curves, runs, end)
        normalised = ", before it is normalised" if config.meta_model.normalised else ""
        curves.set(ylabel=f"weight V(L){normalised}", xlim=(0.0, end), ylim=(0.0, None))
        curves.set_title(f"{method_name(config, config.method)}\n{title(config, runs)}", loc="left")
        curves.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
        _histogram(histogram, runs, losses, end)
        histogram.set(xlabel="loss L of a training example after the last epoch", ylabel="density in its group")
        histogram.legend(loc="upper right")
        save(figure, path)


def _curves(axes: Axes, runs: list[RunResult], end: float) -> None:
    """One line an epoch shown and group of classes, up to the loss `end`; the last epoch's range of the seeds."""
    losses = LOSSES[: int(np.searchsorted(LOSSES, end)) + 1]
    epochs = shown_epochs(len(runs[0].history))
    # A seed may have fewer groups of classes than another: they depend on its class sizes.
    num_groups = min(len(run.history[-1].weight_function) for run in runs)
    for group in range(num_groups):
        colour = PALETTE[group % len(PALETTE)]
        name = "" if num_groups == 1 else f"{_size(group, num_groups)} classes, "
        for epoch, (line, width) in zip(epochs, MOMENTS[-len(epochs) :], strict=True):
            values = np.array([run.history[epoch - 1].weight_function[group][: len(losses)] for run in runs])
            axes.plot(losses, values.mean(axis=0), line, color=colour, linewidth=width, label=f"{name}epoch {epoch}")
        if len(runs) > 1:
            low, high, label = values.min(axis=0), values.max(axis=0), f"{name}range of seeds"
            axes.fill_between(losses, low, high, color=colour, alpha=0.18, linewidth=0, label=label)


def _histogram(axes: Axes, runs: list[RunResult], losses: np.ndarray, end: float) -> None:
    """The losses of each group, each histogram of area 1 since a tail has few examples; the last bar is open."""
    edges = np.linspace(0.0, end, BINS + 1).tolist()
    groups = {
        LABELS[group]: np.concatenate([run.losses[run.groups[group]].numpy() for run in runs])
        for group in compared(runs)
    }
    for (name, colour), values in (groups or {("training example", GREY): losses}).items():
        clipped = values.clip(max=end)
        axes.hist(clipped, edges, density=True, color=colour, alpha=0.45, label=f"{name}: {len(values)}")
        axes.hist(clipped, edges, density=True, color=colour, histtype="step", linewidth=1.5)


def _size(group: int, num_groups: int) -> str:
    """A group of classes by size: 0 is the smallest."""
    if num_groups == 2:
        return ("small", "large")[group]
    return ("small", "middle", "large")[group] if num_groups == 3 else f"group {group + 1} of"
