"""The sets that one network's losses make for the other: meta, labelled and unlabelled."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import torch
from torch import Tensor

SMALLEST = 64
"""Examples that must pass a threshold, and fail it, for the threshold to be used."""


@dataclass(frozen=True)
class Division:
    """A division of the N training examples, for an epoch of one network.

    Attributes:
        probabilities: c, how likely each given label is right, [N].
        meta: Whose labels are trusted for the meta set, bool [N].
        labelled: Whose labels are trained on, bool [N]; the others are trained on as if they had none.
    """

    probabilities: Tensor
    meta: Tensor
    labelled: Tensor

    def state_dict(self) -> dict[str, Tensor]:
        """The same as a dict, for a checkpoint: `Division(**state)` is its inverse."""
        return asdict(self)


def divide(probabilities: Tensor, losses: Tensor, p_threshold: float, meta_threshold: float) -> Division:
    """Meta set {c_i > meta_threshold}, labelled set {c_i > p_threshold}, unlabelled set the rest.

    A threshold that fewer than `SMALLEST` examples pass, or fail, gives way to the median of c. So that half of the
    examples pass it even where many have the same c, ties are broken by the loss, the smaller first.

    Source: FaMUS, Algorithm 2.

    Args:
        probabilities: c, [N].
        losses: L, [N].
        p_threshold: Of the labelled set.
        meta_threshold: Of the meta set.
    """
    return Division(
        probabilities=probabilities,
        meta=_passing(probabilities, losses, meta_threshold),
        labelled=_passing(probabilities, losses, p_threshold),
    )


def _passing(probabilities: Tensor, losses: Tensor, threshold: float) -> Tensor:
    """Who passes the threshold, or the median in its place: bool [N]."""
    passing = probabilities > threshold
    count = int(passing.sum())
    if min(count, len(passing) - count) >= SMALLEST:
        return passing
    by_loss = losses.argsort(stable=True)
    order = by_loss[probabilities[by_loss].argsort(descending=True, stable=True)]
    upper_half = torch.zeros_like(passing)
    upper_half[order[: len(order) // 2]] = True
    return upper_half
