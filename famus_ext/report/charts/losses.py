"""Losses by epoch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from famus_ext.report.charts.chart import Chart, Colour, Line, canvas
from famus_ext.report.charts.curves import Curve, draw_named_curves

LINES: tuple[tuple[Colour, Line], ...] = (("method", "solid"), ("third", "dotted"), ("plain", "dashed"))


def loss_chart(curves: Mapping[str, Sequence[Curve]], epochs: int) -> Chart:
    """A curve a loss.

    Args:
        curves: What a loss is called -> its values by seed, three losses at most; those without a value are left out.
        epochs: Epochs that were asked for.
    """
    with canvas("loss") as made:
        legend = draw_named_curves(made.axes, curves, LINES, lambda end: f"{end:.3g}", epochs)
        made.axes.set_ylabel("loss, mean over the epoch (nats)")
        made.axes.set_ylim(0.0, None)
    alt = "Line chart of losses by epoch. " + "; ".join(entry.text for entry in legend) + "."
    return Chart("loss", "Losses", alt, made.svg, tuple(legend))
