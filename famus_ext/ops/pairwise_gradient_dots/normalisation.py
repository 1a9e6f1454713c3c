"""Pairwise products of gradients of a normalisation's scale and shift."""

from __future__ import annotations

import torch
from torch import Tensor

from famus_ext.ops._layout import ACCUMULATE
from famus_ext.ops.geometry import Normalisation
from famus_ext.ops.pairwise_gradient_dots.convolution import ENTRIES, vector_dots

Batch = tuple[Tensor, Tensor, Normalisation]
"""x [N, ...], y' [N, ...] and the statistics of a batch."""


def normalisation_dots(training: Batch, meta: Batch, *, weight: bool, bias: bool) -> Tensor:
    """G [N, M]. Each example's gradient, Σ y' x̂ and Σ y' over what shares a scale, is far smaller than its x."""
    gradients = [_gradients(*batch, weight=weight, bias=bias) for batch in (training, meta)]
    return vector_dots(*gradients)


def _gradients(x: Tensor, slopes: Tensor, layer: Normalisation, *, weight: bool, bias: bool) -> Tensor:
    """Each example's gradient, [N, entries], for a few examples at a time."""
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
    """The products [N, ...] of each example summed over what shares an entry of a tensor of this shape, [N, entries]."""
    return products.sum_to_size(len(products), *[1] * (products.dim() - 1 - len(shape)), *shape).flatten(1)
