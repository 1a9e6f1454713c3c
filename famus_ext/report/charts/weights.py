"""Histogram of the learned weights, group by group."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from famus_ext.report.charts.chart import COLOURS, Chart, Colour, LegendEntry, canvas

BINS = 40
SHOWN = 0.995  # share of the examples within the axis; a few weights far out would squeeze the rest
GROUP_COLOURS: tuple[Colour, ...] = ("right", "wrong")


def weight_chart(groups: Mapping[str, np.ndarray], note: str) -> Chart:
    """A histogram a group on shared bins, the last one open.

    Args:
        groups: What the examples of a group are called -> their weights, 1 = plain training; two groups at most.
        note: How the weights were averaged.
    """
    weights = np.concatenate(list(groups.values()))
    end = max(float(np.quantile(weights, SHOWN)), 1.25)
    edges = np.linspace(0.0, end, BINS + 1)
    legend = []
    with canvas("weights") as made:
        for (name, values), colour in zip(groups.items(), GROUP_COLOURS, strict=False):
            if not len(values):
                continue
            counts, _ = np.histogram(values.clip(max=end), edges)
            drawn = COLOURS[colour]
            made.axes.stairs(counts, edges, fill=True, color=drawn, alpha=0.3)
            made.axes.stairs(counts, edges, color=drawn, linewidth=1.5)
            legend.append(LegendEntry(colour, "area", f"{name}: {len(values):,} examples, mean {values.mean():.2f}"))
        made.axes.axvline(1.0, color=COLOURS["plain"], linestyle=":", linewidth=1.5)
        made.axes.set(xlabel="weight of a training example (1 = plain training)", ylabel="training examples")
        made.axes.set_xlim(0.0, end)
        made.axes.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    legend.append(LegendEntry("plain", "dotted", "plain training: every weight is 1"))
    if weights.max() > end:
        note += f" The last bar holds {edges[-2]:.2f} and more, up to {weights.max():.2f}."
    alt = "Histogram of the weights. " + "; ".join(entry.text for entry in legend) + "."
    return Chart("weights", "Learned weights", alt, made.svg, tuple(legend), note)
