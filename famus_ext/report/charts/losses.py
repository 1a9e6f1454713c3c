"""Losses by epoch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from famus_ext.report.charts.chart import Chart, Colour, LegendEntry, Line, canvas
from famus_ext.report.charts.curves import Curve, draw_curves, epoch_axis

LINES: tuple[tuple[Colour, Line], ...] = (("method", "solid"), ("third", "dotted"), ("plain", "dashed"))


def loss_chart(curves: Mapping[str, Sequence[Curve]], epochs: int) -> Chart:
    """A curve a loss.

    Args:
        curves: What a loss is called -> its values by seed, three losses at most; those without a value are left out.
        epochs: Epochs that were asked for.
    """
    legend = []
    with canvas("loss") as made:
        for (name, of_seeds), (colour, line) in zip(curves.items(), LINES, strict=False):
            end = draw_curves(made.axes, of_seeds, colour, line)
            if end is not None:
                legend.append(LegendEntry(colour, line, f"{name}: {end:.3g} at the end"))
        epoch_axis(made.axes, epochs)
        made.axes.set_ylabel("loss, mean over the epoch (nats)")
        made.axes.set_ylim(0.0, None)
    alt = "Line chart of losses by epoch. " + "; ".join(entry.text for entry in legend) + "."
    return Chart("loss", "Losses", alt, made.svg, tuple(legend))
