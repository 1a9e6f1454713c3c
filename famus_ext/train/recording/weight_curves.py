"""The weight function V(L) that a method has learned, as the records keep it."""

from __future__ import annotations

import numpy as np

from famus_ext.diagnostics import weight_function
from famus_ext.meta_models import ExampleWeighting, SemiSupervised
from famus_ext.train.step import Step

MAXIMUM = 10.0  # of the loss; a network that is sure of another class has seldom more
POINTS = 101
LOSSES = np.linspace(0.0, MAXIMUM, POINTS)
"""The losses L at which V is kept."""
DIGITS = 5  # decimals kept


def weight_curves(step: Step) -> list[list[float]]:
    """V at `LOSSES`, a curve a group of classes; none where no function of the loss is learned."""
    meta_model = getattr(step, "meta_model", None)
    if isinstance(meta_model, SemiSupervised):
        meta_model = meta_model.weighting
    if not isinstance(meta_model, ExampleWeighting):
        return []
    curves = weight_function(meta_model, maximum=MAXIMUM, points=POINTS).weights
    return [[round(value, DIGITS) for value in curve] for curve in curves.tolist()]


def shown_epochs(epochs: int) -> list[int]:
    """The epochs at which a run's function is shown: the first, the middle and the last, from 1; fewer if they meet."""
    return sorted({1, (epochs + 1) // 2, epochs})
