"""Operations linear in one tensor that move, average or copy entries: the same operation on the tangent."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.autograd.graph import Node
from torch.nn import functional

from famus_ext.engine.rules.protocol import Rule, Tangents, output_shape, saved, saved_dimension, signed


def on_tangent(operation: Callable[[Node, Tensor], Tensor]) -> Rule:
    """The rule that applies an operation to the one tangent of a node."""

    def rule(node: Node, tangents: Tangents) -> Tangents:
        (tangent,) = (t for t in tangents if t is not None)
        return (operation(node, tangent),)

    return rule


def _reshape(node: Node, tangent: Tensor) -> Tensor:
    return tangent.reshape(output_shape(node))


def _expand(node: Node, tangent: Tensor) -> Tensor:
    return tangent.expand(output_shape(node))


def _transpose(node: Node, tangent: Tensor) -> Tensor:
    return tangent.transpose(saved_dimension(node, "dim0"), saved_dimension(node, "dim1"))


def _permute(node: Node, tangent: Tensor) -> Tensor:
    return tangent.permute([signed(d) for d in saved(node, "dims")])


def _select(node: Node, tangent: Tensor) -> Tensor:
    return tangent.select(saved_dimension(node, "dim"), saved_dimension(node, "index"))


def _slice(node: Node, tangent: Tensor) -> Tensor:
    dim, start, end = (saved_dimension(node, name) for name in ("dim", "start", "end"))
    sliced: Tensor = torch.ops.aten.slice.Tensor(tangent, dim, start, end, saved(node, "step"))
    return sliced


def _sum(node: Node, tangent: Tensor) -> Tensor:
    return _reduced(node, tangent, torch.sum)


def _mean(node: Node, tangent: Tensor) -> Tensor:
    return _reduced(node, tangent, torch.mean)


def _reduced(node: Node, tangent: Tensor, reduction: Callable[..., Tensor]) -> Tensor:
    """A sum or mean over the saved dimensions; over all where none were given."""
    dims = [signed(d) for d in saved(node, "dim") or ()] if hasattr(node, "_saved_dim") else []
    reduced = reduction(tangent, dims) if dims else reduction(tangent)
    return reduced.reshape(output_shape(node))


def _average_pool(node: Node, tangent: Tensor) -> Tensor:
    names = ("kernel_size", "stride", "padding", "ceil_mode", "count_include_pad", "divisor_override")
    return functional.avg_pool2d(tangent, *(saved(node, name) for name in names))


def _adaptive_average_pool(node: Node, tangent: Tensor) -> Tensor:
    height, width = output_shape(node)[-2:]
    return functional.adaptive_avg_pool2d(tangent, (height, width))


def _max_pool(node: Node, tangent: Tensor) -> Tensor:
    """The entries of the tangent at the saved positions of the maxima."""
    positions = saved(node, "result1")
    return tangent.flatten(-2).gather(-1, positions.flatten(-2)).view(positions.shape)


def _pad(node: Node, tangent: Tensor) -> Tensor:
    return functional.pad(tangent, [signed(width) for width in saved(node, "pad")])


def _bilinear(node: Node, tangent: Tensor) -> Tensor:
    names = ("output_size", "align_corners", "scales_h", "scales_w")
    resized: Tensor = torch.ops.aten.upsample_bilinear2d(tangent, *(saved(node, name) for name in names))
    return resized


def _nearest(node: Node, tangent: Tensor) -> Tensor:
    names = ("output_size", "scales_h", "scales_w")
    resized: Tensor = torch.ops.aten.upsample_nearest2d(tangent, *(saved(node, name) for name in names))
    return resized


def _flip(node: Node, tangent: Tensor) -> Tensor:
    return tangent.flip([signed(d) for d in saved(node, "dims")])


def _roll(node: Node, tangent: Tensor) -> Tensor:
    return tangent.roll(*([signed(n) for n in saved(node, name)] for name in ("shifts", "dims")))


def _cast(node: Node, tangent: Tensor) -> Tensor:
    output = node._input_metadata[0]
    return tangent.to(dtype=output.dtype, device=output.device)


RESHAPES = ("View", "UnsafeView", "ReshapeAlias", "Unsqueeze", "Squeeze")

SHAPE_RULES: dict[str, Rule] = {
    **{name: on_tangent(_reshape) for name in RESHAPES},
    "T": on_tangent(lambda _, tangent: tangent.t()),
    "Transpose": on_tangent(_transpose),
    "Permute": on_tangent(_permute),
    "Expand": on_tangent(_expand),
    "Select": on_tangent(_select),
    "Slice": on_tangent(_slice),
    "Sum": on_tangent(_sum),
    "Mean": on_tangent(_mean),
    "AvgPool2D": on_tangent(_average_pool),
    "AdaptiveAvgPool2D": on_tangent(_adaptive_average_pool),
    "MaxPool2DWithIndices": on_tangent(_max_pool),
    "ConstantPadNd": on_tangent(_pad),
    "PixelShuffle": on_tangent(lambda node, tangent: functional.pixel_shuffle(tangent, saved(node, "upscale_factor"))),
    "UpsampleBilinear2D": on_tangent(_bilinear),
    "UpsampleNearest2D": on_tangent(_nearest),
    "Repeat": on_tangent(lambda node, tangent: tangent.repeat(saved(node, "repeats"))),
    "Flip": on_tangent(_flip),
    "Roll": on_tangent(_roll),
    "ToCopy": on_tangent(_cast),
}
