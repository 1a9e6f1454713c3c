"""Histogram of the learned weights of the training examples."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib import style
from matplotlib.axes import Axes

from famus_ext.diagnostics.example_weights import WINDOW
from famus_ext.train.config import Config
from famus_ext.train.names import METHOD_NAMES, method_name
from famus_ext.train.plots.style import GREY, LABELS, STYLE, compared, new_figure, save, title
from famus_ext.train.recording.records import RunResult

BINS = 40
SHOWN = 0.995  # share of the examples within the axis; a few weights far out would squeeze the rest


def plot_weights(path: Path, config: Config, results: list[RunResult]) -> None:
    """Draws the weights of all seeds' examples, right labels against wrong ones, or head against tail."""
    runs = [run for run in results if run.method == config.method]
    weights = np.concatenate([run.weights.numpy() for run in runs])
    shown = {
        LABELS[group]: np.concatenate([run.weights[run.groups[group]].numpy() for run in runs])
        for group in compared(runs)
    }
    with style.context(STYLE):
        figure = new_figure()
        axes = figure.add_subplot()
        _histogram(axes, shown or {("training example", GREY): weights}, weights)
        epochs = min(WINDOW, config.optimizer.epochs)
        axes.set_xlabel(
            f"weight that {METHOD_NAMES[config.method]} gives an example, mean over the last {epochs} epochs"
        )
        axes.set_ylabel("training examples")
        axes.set_title(f"{method_name(config, config.method)}\n{title(config, runs)}", loc="left")
        figure.legend(loc="outside lower left")
        save(figure, path)


def _histogram(axes: Axes, groups: dict[tuple[str, str], np.ndarray], weights: np.ndarray) -> None:
    """One histogram a group on shared bins, the last one open, and the plain weight of 1 marked."""
    end = max(float(np.quantile(weights, SHOWN)), 1.25)
    edges = np.linspace(0.0, end, BINS + 1).tolist()
    for (name, colour), values in groups.items():
        if len(values):
            label = f"{name}: {len(values)} examples, mean {values.mean():.2f}"
            clipped = values.clip(max=end)
            axes.hist(clipped, edges, color=colour, alpha=0.55, label=label)
            axes.hist(clipped, edges, color=colour, histtype="step", linewidth=1.5)
    axes.axvline(1.0, color=GREY, linestyle=":", linewidth=1.5, label="plain training: 1")
    if weights.max() > end:
        axes.plot([], [], " ", label=f"last bar: {edges[-2]:.1f} and more, up to {weights.max():.1f}")
    axes.set_xlim(edges[0], edges[-1])
