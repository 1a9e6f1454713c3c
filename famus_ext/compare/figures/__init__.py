"""The paper's figures of runs that are compared, drawn from their records alone; a file a group and figure.

- `curves`: Figure 3, test accuracy and loss by epoch
- `gradient`: Figure 4, mean and variance of the meta gradient by epoch
- `weights`: Figure 5, weights of the examples with right labels, early and late
- `time`: Figure 1a, test accuracy by training time
- `group`: what is drawn together, and the words and bands that the figures share
"""

from __future__ import annotations

from pathlib import Path

from famus_ext.compare.entries import Comparison
from famus_ext.compare.figures.curves import draw_curves
from famus_ext.compare.figures.gradient import draw_gradient
from famus_ext.compare.figures.group import groups
from famus_ext.compare.figures.time import draw_time
from famus_ext.compare.figures.weights import draw_weights


def draw(comparison: Comparison, folder: Path) -> list[Path]:
    """Draws the figures that the records have something for.

    Args:
        comparison: The runs.
        folder: Where the files go; it is made.

    Returns:
        The files written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    figures = (draw_curves, draw_gradient, draw_weights, draw_time)
    return [path for group in groups(comparison) for draw_one in figures for path in draw_one(group, folder)]
