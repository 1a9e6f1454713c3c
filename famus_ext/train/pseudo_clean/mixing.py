"""MixUp of a batch with itself, with one ratio for all of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor


@dataclass(frozen=True)
class Mixing:
    """How a batch of N examples is mixed: x_i ↦ λ x_i + (1 - λ) x_π(i).

    Attributes:
        ratio: λ, in [1/2, 1], so that an example stays nearest to itself.
        partners: π, a permutation, int64 [N].
    """

    ratio: float
    partners: Tensor

    def __call__(self, values: Tensor) -> Tensor:
        """Values [N, ...], mixed."""
        return self.ratio * values + (1 - self.ratio) * values[self.partners.to(values.device)]


def draw_mixing(size: int, alpha: float, seed: int) -> Mixing:
    """λ' ~ Beta(α, α), λ = max(λ', 1 - λ'), and a random permutation.

    Source: Berthelot et al., "MixMatch", NeurIPS 2019, Eq. 8 to 11.

    Args:
        size: N.
        alpha: α, positive.
        seed: Decides both, alone.
    """
    random = np.random.default_rng(seed)
    ratio = float(random.beta(alpha, alpha))
    return Mixing(max(ratio, 1 - ratio), torch.from_numpy(random.permutation(size)))
