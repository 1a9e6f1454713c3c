"""Which layers had a meta gradient, by epoch."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib import style
from matplotlib.ticker import MaxNLocator, PercentFormatter

from famus_ext.train.config import Config
from famus_ext.train.names import method_name
from famus_ext.train.plots.style import STYLE, new_figure, save, title
from famus_ext.train.recording.records import RunResult

ROW_HEIGHT, MARGIN = 0.24, 1.8  # inches
TALLEST = 14.0


def gates_vary(runs: list[RunResult]) -> bool:
    """Whether a layer was active in some meta steps and not in others."""
    return any(0.0 < rate < 1.0 for run in runs for record in run.history for rate in record.gate_rates)


def plot_layers(path: Path, config: Config, results: list[RunResult]) -> None:
    """Draws the share of the meta steps in which each layer was active: a row a layer, a column an epoch."""
    runs = [run for run in results if run.method == config.method]
    # An epoch without a meta step has no rates; its column stays empty.
    names = runs[0].layers
    rates = np.full((len(runs), len(runs[0].history), len(names)), np.nan)
    for row, run in zip(rates, runs, strict=True):
        for column, record in zip(row, run.history, strict=True):
            column[:] = record.gate_rates or np.nan
    with style.context({**STYLE, "axes.grid": False}):
        figure = new_figure(height=min(MARGIN + ROW_HEIGHT * max(len(names), 6), TALLEST))
        axes = figure.add_subplot()
        image = axes.imshow(
            rates.mean(axis=0).T,
            cmap="cividis",
            vmin=0.0,
            vmax=1.0,
            aspect="auto",
            interpolation="nearest",
            extent=(0.5, rates.shape[1] + 0.5, len(names) - 0.5, -0.5),
        )
        axes.set_yticks(range(len(names)), names, fontsize=9)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.set(xlabel="epoch", ylabel="layer, the first on top")
        axes.set_title(f"{method_name(config, config.method)}\n{title(config, runs)}", loc="left")
        bar = figure.colorbar(image, ax=axes, format=PercentFormatter(1.0))
        bar.set_label("meta steps in which it is active")
        save(figure, path)
