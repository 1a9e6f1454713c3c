"""Whether a learned weight function trusts large losses more than small ones, which wrong labels profit from.

On noisy labels V is to fall with the loss. Where classes are rare and labels right it rises, and rightly so: a rare
class has the large losses. So nothing is said of right labels, nor of classes of unequal size where nobody knows.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from famus_ext.train.recording.weight_curves import LOSSES

ENDS = (0.05, 0.95)
"""Shares of the examples between whose losses V is looked at: the losses that there are, without the odd ones."""
RISE = 1.0
"""Least rise of log V / (1 - V), which shows in a saturated V too; a fresh MW-Net's up to a loss of 5 is below it."""
LARGEST_RATIO = 3.0
"""Of the largest class to the smallest, up to which rare classes are no reason for V to rise."""


def rising_weights(
    curves: Sequence[Sequence[float]],
    losses: np.ndarray,
    weights: np.ndarray,
    labels: np.ndarray,
    wrong: np.ndarray | None,
) -> str:
    """A warning where V rises with the loss although it should not; else empty.

    Args:
        curves: V at `LOSSES`, a curve a group of classes, each in (0, 1).
        losses: Of the training examples, `[N]`.
        weights: Their mean weights over the last epochs, `[N]`.
        labels: Their given labels, integers `[N]`.
        wrong: Whether each is wrong, bool `[N]`; None where nobody knows.
    """
    finite = losses[np.isfinite(losses)]
    if not curves or not len(finite):
        return ""
    low, high = np.quantile(finite, ENDS)
    ends = np.array([np.interp((low, high), LOSSES, curve) for curve in curves])  # [groups, 2]
    if (_log_odds(ends[:, 1]) - _log_odds(ends[:, 0])).min() < RISE or not _trusts_wrong(weights, labels, wrong):
        return ""
    rise = f"from {ends[0, 0]:.3f} at a loss of {low:.2g} to {ends[0, 1]:.3f} at {high:.2g}"
    if wrong is None:
        return f"the weight function rises with the loss, {rise}: if labels are wrong, it trusts the wrong ones most"
    right = f"{weights[wrong].mean():.3f} against {weights[~wrong].mean():.3f}"
    return f"the weight function rises with the loss, {rise}, and wrong labels weigh more than right ones, {right}"


def _trusts_wrong(weights: np.ndarray, labels: np.ndarray, wrong: np.ndarray | None) -> bool:
    """Whether wrong labels weigh more than right ones; where nobody knows them, whether they may."""
    if wrong is None:
        sizes = np.unique(labels, return_counts=True)[1]
        return bool(sizes.max() <= LARGEST_RATIO * sizes.min())
    return bool(wrong.any() and not wrong.all() and weights[wrong].mean() > weights[~wrong].mean())


def _log_odds(weights: np.ndarray) -> np.ndarray:
    """The logarithm of V / (1 - V); the records keep five decimals of V."""
    kept = np.clip(weights, 1e-5, 1 - 1e-5)
    odds: np.ndarray = np.log(kept / (1 - kept))
    return odds
