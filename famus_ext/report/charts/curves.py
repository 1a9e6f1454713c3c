"""Curves by epoch: a mean over the seeds, and their range as a band."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from famus_ext.report.charts.chart import COLOURS, DASHES, Colour, LegendEntry, Line

Curve = Sequence[float | None]
"""A value an epoch, from epoch 1 on; None where there is none."""


def draw_curves(axes: Axes, curves: Sequence[Curve], colour: Colour, line: Line) -> float | None:
    """Draws the curves of several seeds as one; runs that are still going on may be shorter than others.

    Returns:
        Where the mean ends; None where nothing was drawn.
    """
    values = _together(curves)
    epochs = np.arange(1, values.shape[1] + 1)
    shown = ~np.isnan(values).all(axis=0)
    if not shown.any():
        return None
    values, epochs = values[:, shown], epochs[shown]
    mean = np.nanmean(values, axis=0)
    marker = "o" if len(epochs) == 1 else None
    axes.plot(epochs, mean, DASHES[line], color=COLOURS[colour], linewidth=1.8, marker=marker, markersize=4)
    if len(values) > 1:
        low, high = np.nanmin(values, axis=0), np.nanmax(values, axis=0)
        axes.fill_between(epochs, low, high, color=COLOURS[colour], alpha=0.2, linewidth=0)
    return float(mean[-1])


def draw_named_curves(
    axes: Axes,
    curves: Mapping[str, Sequence[Curve]],
    lines: Sequence[tuple[Colour, Line]],
    written: Callable[[float], str],
    epochs: int,
) -> list[LegendEntry]:
    """Draws curves by their names over whole epochs; those without a value are left out.

    Args:
        axes: Where.
        curves: Name -> a curve a seed, as many names as there are lines at most.
        lines: How each is drawn.
        written: A value as the legend has it.
        epochs: Epochs that were asked for.

    Returns:
        An entry a curve that was drawn, with where it ends.
    """
    legend = []
    for (name, of_seeds), (colour, line) in zip(curves.items(), lines, strict=False):
        end = draw_curves(axes, of_seeds, colour, line)
        if end is not None:
            legend.append(LegendEntry(colour, line, f"{name}: {written(end)} at the end"))
    epoch_axis(axes, epochs)
    return legend


def epoch_axis(axes: Axes, epochs: int) -> None:
    """Whole epochs along the bottom, from the first to the last."""
    axes.set(xlabel="epoch", xlim=(1, max(2, epochs)))
    axes.xaxis.set_major_locator(MaxNLocator(nbins=8, integer=True))


def _together(curves: Sequence[Curve]) -> np.ndarray:
    """The curves as float64 `[seeds, epochs]`, NaN where there is no value."""
    values = np.full((len(curves), max(map(len, curves), default=0)), np.nan)
    for row, curve in zip(values, curves, strict=True):
        row[: len(curve)] = [np.nan if value is None else value for value in curve]
    return values
