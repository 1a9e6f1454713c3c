"""What `gradient_dots` computes, in PyTorch's operations."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from famus_ext.ops._layout import ACCUMULATE
from famus_ext.ops.geometry import Convolution, Embedding, Geometry, Linear

_CONVOLUTIONS = (functional.conv1d, functional.conv2d, functional.conv3d)


def output(layer: Geometry, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """What the layer makes of x with these parameters; for normalisation in the dtype in which sums are formed.

    In the dtype of x also under autocast.
    """
    if not torch.is_autocast_enabled(x.device.type):
        return _output(layer, x, weight, bias)
    with torch.autocast(x.device.type, enabled=False):
        return _output(layer, x, weight, bias)


def _output(layer: Geometry, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """The same, in whatever dtype autocast says."""
    if isinstance(layer, Linear):
        return functional.linear(x, weight, bias)
    if isinstance(layer, Convolution):
        if layer.pointwise and x.dtype is torch.bfloat16 and x.device.type == "cpu" and x.is_contiguous():
            return _product(layer, x, weight, bias)
        convolution = _CONVOLUTIONS[len(layer.kernel_size) - 1]
        return convolution(x, weight, bias, layer.stride, layer.padding, layer.dilation, layer.groups)
    if isinstance(layer, Embedding):
        rows = functional.embedding(x, weight)
        return rows if layer.padding_idx is None else rows.masked_fill((x == layer.padding_idx).unsqueeze(-1), 0)
    dtype = ACCUMULATE[x.dtype]
    x_hat = (x.to(dtype) - layer.mean.to(dtype)) * layer.inverse_std.to(dtype)
    moved = x_hat * weight.to(dtype)
    return moved if bias is None else moved + bias.to(dtype)


def _product(layer: Convolution, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """A pointwise convolution as a product of matrices: channels first in bfloat16 a CPU has it in half of the time."""
    steps: Any = (..., *(slice(None, None, step) for step in layer.stride))
    seen = x[steps]
    added = weight.new_zeros(1, 1) if bias is None else bias.unsqueeze(1)
    moved = torch.baddbmm(added, weight.flatten(1).expand(len(x), -1, -1), seen.flatten(2))
    return moved.view(len(x), len(weight), *seen.shape[2:])


def shift(layer: Geometry, slopes: Tensor, bias: Tensor) -> Tensor:
    """The bias alone, for every entry of an output of the shape of the slopes."""
    if isinstance(layer, Convolution):
        bias = bias.view(-1, *[1] * len(layer.kernel_size))
    return bias.expand_as(slopes)


def gradient_dots_reference(
    layer: Geometry, x: Tensor, slopes: Tensor, weight_dot: Tensor | None, bias_dot: Tensor | None
) -> Tensor:
    """The definition of `gradient_dots`; the whole of ẏ is in memory."""
    dtype = ACCUMULATE[slopes.dtype]
    if weight_dot is not None:
        moved = output(layer, x, weight_dot, bias_dot)
    elif bias_dot is not None:
        moved = shift(layer, slopes, bias_dot)
    else:
        return torch.zeros(len(slopes), dtype=dtype, device=slopes.device)
    return (slopes.to(dtype) * moved.to(dtype)).flatten(1).sum(1)
