"""Variance of the meta gradient by epoch."""

from __future__ import annotations

from collections.abc import Sequence

from famus_ext.report.charts.chart import Chart, LegendEntry, canvas
from famus_ext.report.charts.curves import Curve, draw_curves, epoch_axis


def gradient_chart(variances: Sequence[Curve], epochs: int) -> Chart | None:
    """The variance over an epoch's meta steps, averaged over θ (FaMUS, Figure 4); None where there is none.

    Args:
        variances: By seed; None for an epoch without one.
        epochs: Epochs that were asked for.
    """
    if not any(value for curve in variances for value in curve):
        return None
    with canvas("gradient") as made:
        end = draw_curves(made.axes, [[value or None for value in curve] for curve in variances], "method", "solid")
        epoch_axis(made.axes, epochs)
        made.axes.set_ylabel("variance of ∂L/∂θ")
        made.axes.set_yscale("log")
    text = f"variance over the meta steps of an epoch: {end:.2g} at the end"
    return Chart(
        "gradient",
        "Variance of the meta gradient",
        f"Line chart, logarithmic scale, by epoch. {text}.",
        made.svg,
        (LegendEntry("method", "solid", text),),
        "A steady meta gradient has a small variance (FaMUS, Figure 4).",
    )
