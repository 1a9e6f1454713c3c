"""How tensors lie in memory: kernels walk addresses, so tensors that meet must hold their entries in one order."""

from __future__ import annotations

import torch
from torch import Tensor

ACCUMULATE = {
    torch.float16: torch.float32,
    torch.bfloat16: torch.float32,
    torch.float32: torch.float32,
    torch.float64: torch.float64,
}
"""The dtype in which sums over tensors of a dtype are formed."""


def is_dense(tensor: Tensor) -> bool:
    """Whether the entries fill one stretch of memory, each place once, in whatever order of the dimensions."""
    if tensor.is_contiguous():
        return True
    expected = 1
    for stride, size in sorted(zip(tensor.stride(), tensor.shape, strict=True)):
        if size != 1:
            if stride != expected:
                return False
            expected *= size
    return True


def rows_in_order(tensor: Tensor) -> bool:
    """Whether a dense tensor holds its rows, the slices along the first dimension, one after another."""
    return tensor.dim() == 0 or len(tensor) <= 1 or tensor.stride(0) == tensor.numel() // len(tensor)


def same_order(a: Tensor, b: Tensor) -> bool:
    """Whether two tensors of one shape have equal strides, where a dimension is longer than 1."""
    return a.stride() == b.stride() or all(
        s == t or n == 1 for s, t, n in zip(a.stride(), b.stride(), a.shape, strict=True)
    )


def in_order_of(like: Tensor, tensor: Tensor) -> Tensor:
    """The tensor itself where its entries are ordered as those of the dense tensor `like`, else a copy that is."""
    return tensor if same_order(like, tensor) else torch.empty_like(like).copy_(tensor)
