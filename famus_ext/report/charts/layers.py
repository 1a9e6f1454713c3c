"""Which layers had a meta gradient, by epoch."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.colors import ListedColormap
from matplotlib.ticker import MaxNLocator, PercentFormatter

from famus_ext.report.charts.chart import Chart, canvas

ROW_HEIGHT, MARGIN = 0.19, 1.0  # inches
MOST_ROWS = 40
"""Names below each other that can be read; of more layers every second one, or third, is named."""
BLUE = (0x3D / 255, 0x7F / 255, 0xC4 / 255)  # seen on white and on black, more of it the more often a layer is active
SHADES = 64


def layers_chart(rates: Sequence[np.ndarray], names: Sequence[str]) -> Chart | None:
    """A heat map, a row a layer and a column an epoch; None where no layer is active in some steps and not in others.

    Args:
        rates: By seed, the share of the meta steps in which each layer was active, `[epochs, L]`, NaN for none.
        names: What the layers are called, L.
    """
    epochs = max(map(len, rates))
    padded = [np.vstack([each, np.full((epochs - len(each), len(names)), np.nan)]) for each in rates]
    mean = _mean_of_seeds(np.array(padded))
    known = mean[~np.isnan(mean)]
    if not ((known > 0) & (known < 1)).any():
        return None
    highest = np.ceil(10 * known.max()) / 10
    shades = ListedColormap([(*BLUE, alpha) for alpha in np.linspace(0.0, 1.0, SHADES)])
    step = -(-len(names) // MOST_ROWS)
    rows = min(max(len(names), 8), MOST_ROWS)
    with canvas("layers", height=MARGIN + ROW_HEIGHT * rows) as made:
        made.axes.grid(False)
        edges = (0.5, epochs + 0.5, len(names) - 0.5, -0.5)
        image = made.axes.imshow(
            mean.T, cmap=shades, vmin=0.0, vmax=highest, aspect="auto", interpolation="nearest", extent=edges
        )
        made.axes.set_yticks(range(0, len(names), step), list(names)[::step])
        made.axes.xaxis.set_major_locator(MaxNLocator(nbins=8, integer=True))
        made.axes.set(xlabel="epoch", ylabel="layer, the first on top")
        made.axes.yaxis.labelpad = 8.0
        bar = made.figure.colorbar(image, ax=made.axes, format=PercentFormatter(1.0, decimals=0, symbol=" %"))
        bar.set_label("active in meta steps")
    usual = _row_means(mean)
    most = np.argsort(-usual, kind="stable")[:3]
    often = ", ".join(f"{names[layer]} ({100 * usual[layer]:.0f} %)" for layer in most)
    alt = f"Heat map of {len(names)} layers by {epochs} epochs. Most often active: {often}."
    return Chart("layers", "Active layers", alt, made.svg, (), f"Most often active: {often}.")


def _mean_of_seeds(rates: np.ndarray) -> np.ndarray:
    """Mean over the seeds that have a value, `[epochs, L]`; NaN where none has."""
    counts = (~np.isnan(rates)).sum(axis=0)
    mean: np.ndarray = np.nansum(rates, axis=0) / np.where(counts > 0, counts, np.nan)
    return mean


def _row_means(mean: np.ndarray) -> np.ndarray:
    """A layer's mean over the epochs that have meta steps, `[L]`."""
    usual: np.ndarray = mean[~np.isnan(mean).all(axis=1)].mean(axis=0)
    return usual
