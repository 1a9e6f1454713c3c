"""Test accuracy by epoch."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator, PercentFormatter

from famus_ext.train.config import Config
from famus_ext.train.names import method_name
from famus_ext.train.options.meta_model import Method
from famus_ext.train.plots.style import BLUE, STYLE, VERMILION, new_figure, save, title
from famus_ext.train.recording.records import RunResult


def plot_accuracy(path: Path, config: Config, results: list[RunResult]) -> None:
    """Draws a curve a method: mean over the seeds, and their range as a band."""
    with style.context(STYLE):
        figure = new_figure()
        axes = figure.add_subplot()
        for method in config.methods:
            _curve(axes, config, method, [run for run in results if run.method == method])
        axes.set(xlabel="epoch", ylabel="accuracy on clean test images", xlim=(1, max(2, config.optimizer.epochs)))
        axes.set_ylim(0, 1)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.yaxis.set_major_formatter(PercentFormatter(1.0))
        axes.set_title(title(config, results), loc="left")
        figure.legend(loc="outside lower left")
        save(figure, path)


def _curve(axes: Axes, config: Config, method: Method, runs: list[RunResult]) -> None:
    """One method's mean curve and range."""
    curves = np.array([[record.test_accuracy for record in run.history] for run in runs])
    epochs = np.arange(1, curves.shape[1] + 1)
    colour, line = (VERMILION, "--") if method == "ce" else (BLUE, "-")
    mean = curves.mean(axis=0)
    band = ", mean and range" if len(runs) > 1 else ""
    name = f"{method_name(config, method)}{band}, ends at {mean[-1]:.1%}"
    axes.plot(epochs, mean, line, color=colour, linewidth=2, label=name)
    if len(runs) > 1:
        axes.fill_between(epochs, curves.min(axis=0), curves.max(axis=0), color=colour, alpha=0.18, linewidth=0)
