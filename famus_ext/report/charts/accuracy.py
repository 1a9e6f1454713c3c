"""Test accuracy by epoch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from famus_ext.report.charts.chart import Chart, Colour, Line, canvas, percent, share_axis
from famus_ext.report.charts.curves import Curve, draw_named_curves

LINES: tuple[tuple[Colour, Line], ...] = (("method", "solid"), ("plain", "dashed"))


def accuracy_chart(curves: Mapping[str, Sequence[Curve]], epochs: int) -> Chart:
    """A curve a method.

    Args:
        curves: What a method is called -> the test accuracies of its seeds; the method comes before plain training.
        epochs: Epochs that were asked for.
    """
    with canvas("accuracy") as made:
        legend = draw_named_curves(made.axes, curves, LINES, percent, epochs)
        made.axes.set_ylabel("accuracy on the test images")
        share_axis(made.axes)
    alt = "Line chart of test accuracy by epoch. " + "; ".join(entry.text for entry in legend) + "."
    return Chart("accuracy", "Test accuracy", alt, made.svg, tuple(legend), _band(curves))


def _band(curves: Mapping[str, Sequence[Curve]]) -> str:
    return "Lines are means over the seeds, bands their range." if max(map(len, curves.values())) > 1 else ""
