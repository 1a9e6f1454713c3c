"""Products of every example's own gradient with one direction of a layer's parameters."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from famus_ext import _native
from famus_ext.ops._layout import ACCUMULATE
from famus_ext.ops.geometry import Geometry
from famus_ext.ops.gradient_dots.checks import check
from famus_ext.ops.gradient_dots.definition import gradient_dots_reference
from famus_ext.ops.gradient_dots.ways import Way, chunked, fused, way_of

__all__ = ["Way", "gradient_dots", "way_of"]


def _run(
    layer: Geometry, x: Tensor, slopes: Tensor, weight_dot: Tensor | None, bias_dot: Tensor | None, way: Way | None
) -> Tensor:
    """The products by kernels."""
    if weight_dot is not None and weight_dot.numel() == 0:
        weight_dot = None  # of a layer without inputs
    if slopes.numel() == 0:
        return torch.zeros(len(slopes), dtype=ACCUMULATE[slopes.dtype], device=slopes.device)
    if weight_dot is not None and (way or way_of(layer, weight_dot)) == "chunked":
        return chunked(layer, x, slopes, weight_dot, bias_dot)
    dots = fused(layer, x, slopes, weight_dot, bias_dot)
    return gradient_dots_reference(layer, x, slopes, weight_dot, bias_dot) if dots is None else dots


class _GradientDots(torch.autograd.Function):
    """The kernels. Differentiable any number of times: the backward differentiates the definition."""

    @staticmethod
    def forward(
        ctx: Any,
        layer: Geometry,
        way: Way | None,
        x: Tensor,
        slopes: Tensor,
        weight_dot: Tensor | None,
        bias_dot: Tensor | None,
    ) -> Tensor:
        ctx.layer = layer
        ctx.save_for_backward(x, slopes, weight_dot, bias_dot)
        return _run(layer, x, slopes, weight_dot, bias_dot, way)

    @staticmethod
    def backward(ctx: Any, cotangent: Tensor) -> tuple[Tensor | None, ...]:
        tensors = ctx.saved_tensors
        recorded = torch.is_grad_enabled()
        with torch.enable_grad():
            # New leaves of the same graph: the definition is differentiated from here on, and no further.
            inputs = [None if t is None else t.view_as(t) for t in tensors]
            dots = gradient_dots_reference(ctx.layer, *inputs)  # type: ignore[arg-type]
        wanted = [t for t, needed in zip(inputs, ctx.needs_input_grad[2:], strict=True) if needed]
        found = iter(torch.autograd.grad(dots, wanted, cotangent, create_graph=recorded))  # type: ignore[arg-type]
        return None, None, *(next(found) if needed else None for needed in ctx.needs_input_grad[2:])


def gradient_dots(
    layer: Geometry,
    x: Tensor,
    slopes: Tensor,
    weight_dot: Tensor | None = None,
    bias_dot: Tensor | None = None,
    *,
    way: Way | None = None,
) -> Tensor:
    """The product of each example's gradient with a direction v of the layer's parameters.

        out[i] = ⟨∂L_i/∂w, v⟩ = Σ y'_i ẏ_i                    Σ_j G_{i,j,l} of FaMUS, Eq. 7, for v = Σ_j ∂L_j^val/∂ŵ_l

    where y'_i is the derivative of L_i at the layer's output, and ẏ_i what the layer makes of x_i with v for its
    parameters. Sums are formed in float32, for float64 in float64, in an order that depends on the sizes alone. There
    are two ways around the whole of ẏ, which is as large as the layer's output:

    - "fused": one kernel that keeps a tile of ẏ and leaves a number an example. Any layer.
    - "chunked": PyTorch's own convolution or linear layer for a few examples at a time, so that ẏ, rounded to the
      dtype of x, is still in the cache when a kernel takes its products with y'.

    By default the arithmetic for each byte of ẏ chooses, and what the vendor has; `way_of` tells. Memory beyond the
    arguments: O(N) partial sums, and one chunk. Differentiable any number of times in x, slopes and the directions, in
    memory the size of ẏ.

    Args:
        layer: `Linear`, `Convolution`, `Embedding` or `Normalisation` of `famus_ext.ops.geometry`.
        x: [N, ...], what the layer saw, of float16, bfloat16, float32 or float64 and any strides; for an embedding
            indices of int32 or int64; one that is out of range raises on the CPU and gives NaN on a GPU.
        slopes: y' [N, ...], of the shape of the layer's output, and of the dtype and device of x.
        weight_dot: v, a direction of the weight, of its shape, and of the dtype of y' (for normalisation any of the
            four); None counts as zero.
        bias_dot: A direction of the bias, likewise.
        way: None chooses.

    Returns:
        [N], float32; float64 for float64.

    Raises:
        TypeError: An argument of the wrong type; tensors that are not strided or not of one of the four dtypes; dtypes
            that differ.
        ValueError: Shapes or devices that do not fit; an embedding with a bias; a meta tensor; a pending negation; a
            way that does not exist.
        RuntimeError: A way was asked for where there are no kernels; says what builds them.
    """
    check(layer, x, slopes, weight_dot, bias_dot, way)
    if way is None and not _native.runs_native("gradient_dots", slopes.device):
        return gradient_dots_reference(layer, x, slopes, weight_dot, bias_dot)
    if weight_dot is None:  # x counts for nothing, without any direction the slopes neither
        x, slopes = x.detach(), slopes.detach() if bias_dot is None else slopes
    tensors = (x, slopes, weight_dot, bias_dot)
    if torch.is_grad_enabled() and any(t is not None and t.requires_grad for t in tensors):
        dots: Tensor = _GradientDots.apply(layer, way, *tensors)  # type: ignore[no-untyped-call]
        return dots
    return _run(layer, *tensors, way)
