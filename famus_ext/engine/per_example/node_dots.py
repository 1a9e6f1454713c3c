"""Products of each example's gradient at a node with a direction of its parameters, without the node's output."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from torch import Tensor
from torch.autograd.function import BackwardCFunction
from torch.autograd.graph import Node

from famus_ext.engine.per_example.row_order import RowOrder
from famus_ext.engine.rules import operation
from famus_ext.engine.rules.norms import batch_statistics, per_channel
from famus_ext.engine.rules.protocol import Tangents, saved, saved_dimension
from famus_ext.ops import gradient_dots
from famus_ext.ops.geometry import Convolution, Embedding, Geometry, Linear, Normalisation


@dataclass(frozen=True)
class Seen:
    """What a node did: its layer, its input, and the direction of its parameters."""

    layer: Geometry
    x: Tensor
    weight_dot: Tensor | None
    bias_dot: Tensor | None


Reader: TypeAlias = Callable[[Node, Tangents], Seen | None]
"""Reads a node whose parameters move along tangents; None for one that is not of the common kind."""


def node_dots(node: Node, tangents: Tangents, slopes: Tensor, order: RowOrder, size: int) -> Tensor | None:
    """⟨y'_i, ẏ_i⟩ [N] of the examples, where ẏ moves with the parameters alone; None where the op does not take it."""
    reader = None if isinstance(node, BackwardCFunction) else READERS.get(operation(node))
    seen = None if reader is None else reader(node, tangents)
    if seen is None or slopes.dtype != _dtype(seen):
        return None
    x = seen.x
    if order is RowOrder.SECOND:
        if not isinstance(seen.layer, Linear | Embedding):
            return None
        x, slopes = x.transpose(0, 1), slopes.transpose(0, 1)
    if x.shape[0] != slopes.shape[0] or len(slopes) % size:
        return None
    dots = gradient_dots(seen.layer, x, slopes, seen.weight_dot, seen.bias_dot)
    if len(dots) == size:
        return dots
    return dots.view(size, -1).sum(1) if order is RowOrder.LEADING else dots.view(-1, size).sum(0)


def _dtype(seen: Seen) -> object:
    """Of the slopes that the op takes."""
    return seen.x.dtype if seen.x.is_floating_point() or seen.weight_dot is None else seen.weight_dot.dtype


def _convolution(node: Node, tangents: Tangents) -> Seen | None:
    """Slots input, weight, bias."""
    x_dot, weight_dot, bias_dot = tangents
    x, weight = saved(node, "input"), saved(node, "weight")
    if x_dot is not None or saved(node, "transposed") or not 3 <= x.dim() == weight.dim() <= 5:
        return None
    stride, padding, dilation = (tuple(saved(node, name)) for name in ("stride", "padding", "dilation"))
    layer = Convolution(tuple(weight.shape[2:]), stride, padding, dilation, saved(node, "groups"))
    return Seen(layer, x, weight_dot, bias_dot)


def _linear(node: Node, tangents: Tangents) -> Seen | None:
    """Slots input, weight, bias."""
    x_dot, weight_dot, bias_dot = tangents
    x = saved(node, "input")
    return None if x_dot is not None or weight_dot is None or x.dim() < 2 else Seen(Linear(), x, weight_dot, bias_dot)


def _addmm(node: Node, tangents: Tangents) -> Seen | None:
    """Slots addend, left, right factor: x Wᵀ + b, where x is on the left."""
    addend_dot, left_dot, right_dot = tangents
    if left_dot is not None or right_dot is None or (addend_dot is not None and addend_dot.dim() != 1):
        return None
    if saved(node, "alpha") != 1 or saved(node, "beta") != 1:
        return None
    return Seen(Linear(), saved(node, "mat1"), right_dot.mT, addend_dot)


def _matmul(node: Node, tangents: Tangents) -> Seen | None:
    """Slots left, right factor: x Wᵀ."""
    left_dot, right_dot = tangents
    if left_dot is not None or right_dot is None:
        return None
    return Seen(Linear(), saved(node, "self"), right_dot.mT, None)


def _embedding(node: Node, tangents: Tangents) -> Seen | None:
    """The table is the one slot that moves."""
    (weight_dot,) = (t for t in tangents if t is not None)
    indices, padding = saved(node, "indices"), saved_dimension(node, "padding_idx")
    if saved(node, "scale_grad_by_freq") or indices.dim() < 1:
        return None
    return Seen(Embedding(None if padding < 0 else padding), indices, weight_dot, None)


def _batch_norm(node: Node, tangents: Tangents) -> Seen | None:
    """Slots input, scale, shift; the statistics are taken for constants."""
    x, (mean, inverse_std) = saved(node, "input"), batch_statistics(node)
    shape = (x.shape[1], *[1] * (x.dim() - 2))
    return _normalisation(x, mean.view(shape), inverse_std.view(shape), shape, tangents)


def _layer_norm(node: Node, tangents: Tangents) -> Seen | None:
    """Slots input, scale, shift."""
    x, mean, inverse_std = (saved(node, name) for name in ("input", "result1", "result2"))
    return _normalisation(x, mean, inverse_std, tuple(saved(node, "normalized_shape")), tangents)


def _group_norm(node: Node, tangents: Tangents) -> Seen | None:
    """Slots input, scale, shift."""
    x, mean, inverse_std = (saved(node, name) for name in ("input", "result1", "result2"))
    shape = (x.shape[1], *[1] * (x.dim() - 2))
    return _normalisation(x, per_channel(mean, x), per_channel(inverse_std, x), shape, tangents)


def _normalisation(
    x: Tensor, mean: Tensor, inverse_std: Tensor, shape: tuple[int, ...], tangents: Tangents
) -> Seen | None:
    """Any of them."""
    x_dot, *directions = tangents[:3]
    if x_dot is not None:
        return None
    scale, shift = (None if t is None else t.reshape(shape) for t in directions)
    return Seen(Normalisation(mean, inverse_std, shape), x, scale, shift)


READERS: dict[str, Reader] = {
    "Addmm": _addmm,
    "Convolution": _convolution,
    "CudnnBatchNorm": _batch_norm,
    "Embedding": _embedding,
    "Linear": _linear,
    "Mm": _matmul,
    "NativeBatchNorm": _batch_norm,
    "NativeGroupNorm": _group_norm,
    "NativeLayerNorm": _layer_norm,
}
