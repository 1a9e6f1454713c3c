"""A layer, its input and its slopes as the native module takes them; copied where they lie in memory otherwise."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Any

from torch import Tensor

from famus_ext.ops._layout import ACCUMULATE, in_order_of, is_dense, rows_in_order
from famus_ext.ops.geometry import SPATIAL, Convolution, Embedding, Linear, Normalisation

_MISSING = (1, 1, 1, 1, 0, 1)


@dataclass(frozen=True)
class NativeLayer:
    """A row of `_C.gradient_dots_cpu`, and the tensors whose addresses are in it.

    Attributes:
        row: ProductRow, LookUpRow or NormRow of _C.pyi.
        tensors: They must live until the kernel has been launched.
    """

    row: Any
    tensors: tuple[Tensor | None, ...]


def _addresses(*tensors: Tensor | None) -> tuple[int, ...]:
    return tuple(0 if tensor is None else tensor.data_ptr() for tensor in tensors)


def product(layer: Linear | Convolution, x: Tensor, slopes: Tensor, v: Tensor, bias: Tensor | None) -> NativeLayer:
    """A convolution, or a linear layer as one of width 1 over its rows. Any strides of x and slopes will do."""
    if isinstance(layer, Convolution):
        axes, groups, size = layer.axes(tuple(x.shape[2:])), layer.groups, slopes.shape[1]
        x, slopes, v = (tensor.flatten(2) for tensor in (x, slopes, v))
    else:
        rows = x.shape[1:-1].numel()
        axes, groups, size = (*[_MISSING] * (SPATIAL - 1), (rows, rows, 1, 1, 0, 1)), 1, slopes.shape[-1]
        x, slopes = (tensor.reshape(len(x), rows, tensor.shape[-1]).transpose(1, 2) for tensor in (x, slopes))
        v = v.unsqueeze(2)
    v = (v.transpose(1, 2) if x.stride(1) == 1 else v).contiguous()
    bias = None if bias is None else bias.contiguous()
    geometry = axes, x.shape[1], size, groups
    return NativeLayer((geometry, _addresses(x, slopes, v, bias), x.stride(), slopes.stride()), (x, slopes, v, bias))


def look_up(layer: Embedding, indices: Tensor, slopes: Tensor, table: Tensor) -> NativeLayer:
    """An embedding."""
    indices, slopes, table = indices.long().contiguous(), slopes.contiguous(), table.contiguous()
    padding = -1 if layer.padding_idx is None else layer.padding_idx
    sizes = indices.shape[1:].numel(), table.shape[1], table.shape[0], padding
    return NativeLayer((_addresses(table, slopes, indices), *sizes), (table, slopes, indices))


def rows(outputs: Tensor, slopes: Tensor) -> NativeLayer:
    """An output that is there, example by example."""
    if not (outputs.is_contiguous() and slopes.is_contiguous()):
        outputs = outputs if is_dense(outputs) and rows_in_order(outputs) else outputs.contiguous()
        slopes = in_order_of(outputs, slopes)
    width = outputs.numel() // outputs.shape[0]
    return NativeLayer((_addresses(outputs, slopes, None), 1, width, 0, -1), (outputs, slopes))


def normalisation(
    layer: Normalisation, x: Tensor, slopes: Tensor, scale: Tensor | None, shift: Tensor | None
) -> NativeLayer | None:
    """Normalisation, seen as [N, rows, width] in the order of memory; None where its parameters vary in both."""
    x = x if is_dense(x) and rows_in_order(x) else x.contiguous()
    slopes = in_order_of(x, slopes)
    order = sorted(range(1, x.dim()), key=x.stride, reverse=True)
    shape = [x.shape[dim] for dim in order]
    parameter_shape = _aligned(layer.weight_shape, x.dim() - 1)
    varying = [parameter_shape[dim - 1] > 1 for dim in order]
    first, last = (varying.index(True), len(order) - varying[::-1].index(True)) if any(varying) else (0, 0)
    if first > 0 and last < len(order):
        return None
    cut = first or last
    sizes = prod(shape[:cut]), prod(shape[cut:])
    dtype = ACCUMULATE[x.dtype]
    full = [size if first <= place < last else 1 for place, size in enumerate(shape)]
    vectors = [None if v is None else _ordered(v, parameter_shape, order, full).to(dtype) for v in (scale, shift)]
    statistics, strides = zip(
        *(_blocks(tensor.to(dtype), x, order, cut) for tensor in (layer.mean, layer.inverse_std)), strict=True
    )
    tensors = (x, slopes, *statistics, *vectors)
    parameter_strides = (0, 1) if first else (1, 0)
    return NativeLayer((_addresses(*tensors), *sizes, strides[0], parameter_strides), tensors)


def _aligned(shape: tuple[int, ...], dims: int) -> tuple[int, ...]:
    """A shape that broadcasts, with all its dimensions."""
    return (1,) * (dims - len(shape)) + tuple(shape)


def _ordered(vector: Tensor, shape: tuple[int, ...], order: list[int], full: list[int]) -> Tensor:
    """A parameter with its entries in the order of memory, written out where it is constant between two dimensions."""
    return vector.reshape(shape).permute([dim - 1 for dim in order]).expand(full).contiguous()


def _blocks(statistic: Tensor, x: Tensor, order: list[int], cut: int) -> tuple[Tensor, tuple[int, int, int]]:
    """A statistic constant or written out along the examples, the rows and the columns; and its three strides."""
    statistic = statistic.reshape(_aligned(tuple(statistic.shape), x.dim())).permute(0, *order)
    blocks = (slice(0, 1), slice(1, 1 + cut), slice(1 + cut, x.dim()))
    full = [x.shape[dim] for dim in (0, *order)]
    sizes, shape = [], []
    for block in blocks:
        there = list(statistic.shape[block])
        kept = full[block] if any(size > 1 for size in there) else there
        shape += kept
        sizes.append(prod(kept))
    strides = [sizes[1] * sizes[2], sizes[2], 1]
    by_example, by_row, by_column = (stride if size > 1 else 0 for stride, size in zip(strides, sizes, strict=True))
    return statistic.expand(shape).contiguous(), (by_example, by_row, by_column)
