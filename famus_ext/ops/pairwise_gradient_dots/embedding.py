"""Pairwise products of gradients of an embedding's table."""

from __future__ import annotations

import torch
from torch import Tensor

from famus_ext.ops._layout import ACCUMULATE
from famus_ext.ops.geometry import Embedding


def embedding_dots(x: Tensor, slopes: Tensor, x_meta: Tensor, slopes_meta: Tensor, layer: Embedding) -> Tensor:
    """G [N, M]: of one training example at a time the gradient of those rows of the table that the meta batch reads.

    Memory: those rows, once, and as much as the meta batch's slopes.
    """
    dtype = ACCUMULATE[slopes.dtype]
    width = slopes.shape[-1]
    if not x.numel() or not x_meta.numel():
        return slopes.new_zeros(len(x), len(x_meta), dtype=dtype)
    rows, places_meta = torch.unique(x_meta, return_inverse=True)
    own = slopes_meta.to(dtype)
    if layer.padding_idx is not None:
        own = own.masked_fill((x_meta == layer.padding_idx).unsqueeze(-1), 0)
    dots = []
    tokens = x[0].numel()
    for indices, of_example in zip(x.reshape(-1, tokens), slopes.reshape(-1, tokens, width), strict=True):
        places = torch.searchsorted(rows, indices).clamp(max=len(rows) - 1)
        read = rows[places] == indices
        table = own.new_zeros(len(rows), width).index_add(0, places[read], of_example[read].to(dtype))
        dots.append((table[places_meta] * own).flatten(1).sum(1))
    return torch.stack(dots)
