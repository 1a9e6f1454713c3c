"""Gates that the size of the gradients decides."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from famus_ext._checks import check_finite
from famus_ext._widest import widened
from famus_ext.network.layers import Layer
from famus_ext.samplers.sampler import Sampler


class Threshold(Sampler):
    """r_l = 1 for the layers whose pooled gradient is large beside the largest: a sampler without parameters.

        r_l = [ρ_l ≥ share · max_k ρ_k]      with the root mean square      ρ_l = ‖ḡ_l‖ / √D_l

    The root mean square makes layers of different widths comparable. The layer with the largest gradient is always
    active; if every gradient is zero, all layers are. A gradient with a NaN counts as infinite, since the layer that
    broke is the one to see. Squares are taken in float64; on a GPU of Apple's, which has none, in float32, where
    that of an entry below 1e-22 is zero.

    Args:
        share: In (0, 1]; 1 keeps the layer with the largest gradient alone.
        layers: See `Sampler`.

    Raises:
        TypeError, ValueError: `share` is not a number in (0, 1].
    """

    reads_gradients = True

    def __init__(self, share: float, layers: Sequence[Layer] | None = None) -> None:
        super().__init__(layers)
        self.share = check_finite(share, "share")
        if not 0 < self.share <= 1:
            raise ValueError(f"share: expected a number in (0, 1], got {share}")

    def candidates(self, found: Sequence[Layer]) -> Sequence[int]:
        """Every layer."""
        return range(len(found))

    @torch.no_grad()
    def forward(self, found: Sequence[Layer], pooled: Sequence[Tensor]) -> Tensor:
        """Gates r [L], float32, on the device of the pooled gradients."""
        sizes = [len(gradient) for gradient in pooled]
        # The square of a small float32 gradient is zero.
        gradients = widened(torch.cat(list(pooled))).split_with_sizes(sizes)
        scales = [1 / math.sqrt(max(size, 1)) for size in sizes]
        rms = torch.stack(torch._foreach_mul(torch._foreach_norm(gradients), scales))
        rms = rms.nan_to_num(nan=math.inf, posinf=math.inf)
        return (rms >= self.share * rms.max()).float()
