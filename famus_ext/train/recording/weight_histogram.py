"""How many training examples have a weight of which size, as the records keep it (FaMUS, Figure 5)."""

from __future__ import annotations

import torch
from torch import Tensor

from famus_ext._widest import widened

MAXIMUM = 2.0  # of a closed bin; plain training is 1. MW-Net's weights end at 1; of L2R's a fifth may lie beyond 2
BINS = 80
EDGES: tuple[float, ...] = tuple(MAXIMUM * edge / BINS for edge in range(BINS + 1))
"""Bin k counts the weights in [EDGES[k], EDGES[k + 1]); one more bin, the last, counts those of `MAXIMUM` and more."""


def weight_histogram(weights: Tensor) -> list[int]:
    """Counts of weights `[N]` by bin, `[BINS + 1]`."""
    bins = (widened(weights) * (BINS / MAXIMUM)).floor().clamp(0, BINS).long()
    counts: list[int] = torch.bincount(bins, minlength=BINS + 1).tolist()
    return counts
