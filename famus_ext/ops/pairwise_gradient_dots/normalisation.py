"""Each example's gradient of a normalisation's scale and shift: far smaller than what the layer saw of it."""

from __future__ import annotations

import torch
from torch import Tensor

from famus_ext.ops._layout import ACCUMULATE
from famus_ext.ops.geometry import Normalisation

ENTRIES = 1 << 22
"""Of x in the examples that are taken at a time, unless one alone has more."""


def normalisation_gradients(x: Tensor, slopes: Tensor, layer: Normalisation, *, weight: bool, bias: bool) -> Tensor:
    """Σ y' x̂ and Σ y' over what shares an entry of the scale, [N, entries], in the dtype of sums."""
    dtype = ACCUMULATE[x.dtype]
    mean, inverse_std = (statistic.expand(x.shape) for statistic in (layer.mean, layer.inverse_std))
    at_once = max(ENTRIES // max(x[:1].numel(), 1), 1)
    parts = []
    for part in (slice(begin, begin + at_once) for begin in range(0, max(len(x), 1), at_once)):
        own = slopes[part].to(dtype)
        found = []
        if weight:
            x_hat = (x[part].to(dtype) - mean[part].to(dtype)) * inverse_std[part].to(dtype)
            found.append(_summed(own * x_hat, layer.weight_shape))
        if bias:
            found.append(_summed(own, layer.weight_shape))
        parts.append(torch.cat(found, 1))
    return torch.cat(parts)


def _summed(products: Tensor, shape: tuple[int, ...]) -> Tensor:
    """The products [N, ...] summed over all places of an example that share an entry of this shape, [N, entries]."""
    return products.sum_to_size(len(products), *[1] * (products.dim() - 1 - len(shape)), *shape).flatten(1)
