"""How pure a list of suspicious examples is, by its length."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from famus_ext.report.charts.chart import COLOURS, DASHES, Chart, Colour, LegendEntry, Line, canvas, share_axis

LINES: tuple[tuple[Colour, Line], ...] = (("method", "solid"), ("plain", "dashed"), ("third", "dotted"))
POINTS = 200


def precision_chart(rankings: Mapping[str, np.ndarray]) -> Chart:
    """Share of wrong labels among the k examples that a ranking puts first, up to as many as there are wrong labels.

    Args:
        rankings: What a ranking is called -> whether each example's label is wrong, bool `[N]`, in its order; three
            rankings at most.
    """
    number = max(1, int(next(iter(rankings.values())).sum()))
    lengths = np.unique(np.linspace(max(1, number // POINTS), number, POINTS).astype(int))
    legend = []
    with canvas("precision") as made:
        for (name, wrong), (colour, line) in zip(rankings.items(), LINES, strict=False):
            shares = np.cumsum(wrong)[lengths - 1] / lengths
            made.axes.plot(lengths, shares, DASHES[line], color=COLOURS[colour], linewidth=1.8)
            legend.append(LegendEntry(colour, line, name))
        made.axes.set(xlabel="least trusted training examples", ylabel="share whose label is wrong")
        made.axes.set_xlim(0, number)
        share_axis(made.axes)
        made.axes.set_ylim(top=1.005)
        made.axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
        made.axes.locator_params(axis="x", nbins=5)
    alt = "Line chart: share of wrong labels among the least trusted examples, by how many are looked at."
    return Chart("precision", "Wrong labels among the least trusted", alt, made.svg, tuple(legend))
