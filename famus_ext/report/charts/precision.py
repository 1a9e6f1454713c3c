"""How pure a list of suspicious examples is, by its length."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.ticker import PercentFormatter

from famus_ext.report.charts.chart import COLOURS, DASHES, Chart, Colour, LegendEntry, Line, canvas

LINES: tuple[tuple[Colour, Line], ...] = (("method", "solid"), ("plain", "dashed"), ("third", "dotted"))
POINTS = 200


def precision_chart(rankings: Mapping[str, np.ndarray]) -> Chart:
    """Share of wrong labels among the k examples that a ranking puts first, for every k.

    Args:
        rankings: What a ranking is called -> whether each example's label is wrong, bool `[N]`, in its order; three
            rankings at most.
    """
    number = len(next(iter(rankings.values())))
    lengths = np.unique(np.linspace(max(1, number // POINTS), number, POINTS).astype(int))
    legend = []
    with canvas("precision") as made:
        for (name, wrong), (colour, line) in zip(rankings.items(), LINES, strict=False):
            shares = np.cumsum(wrong)[lengths - 1] / lengths
            made.axes.plot(lengths, shares, DASHES[line], color=COLOURS[colour], linewidth=1.8)
            legend.append(LegendEntry(colour, line, name))
        made.axes.set(xlabel="least trusted training examples", ylabel="share whose label is wrong")
        made.axes.set(xlim=(0, number), ylim=(0.0, 1.03))
        made.axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
        made.axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
        made.axes.locator_params(axis="x", nbins=5)
    alt = "Line chart: share of wrong labels among the least trusted examples, by how many are looked at."
    return Chart("precision", "Purity of the suspicious examples", alt, made.svg, tuple(legend))
