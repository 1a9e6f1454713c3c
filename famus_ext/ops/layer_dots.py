"""Inner products of two families of tensors, layer by layer."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from operator import attrgetter
from typing import Any, NamedTuple

import torch
from torch import Tensor

from famus_ext import _native
from famus_ext._checks import check_pairs, check_same_length, check_sequence, check_tensor
from famus_ext.ops._layout import ACCUMULATE, in_order_of, is_dense

Layers = Sequence[Sequence[Tensor | None]]
Kinds = set[tuple[torch.dtype, torch.device]]

_REQUIRES_GRAD = attrgetter("requires_grad")


class Pairs(NamedTuple):
    """Tensors a[i] and b[i], of the shape, dtype and device of its partner, that meet in the layer layer[i]."""

    layer: Sequence[int]
    a: Sequence[Tensor]
    b: Sequence[Tensor]


def layer_dots_reference(pairs: Pairs, layers: int, dtype: torch.dtype, device: torch.device) -> Tensor:
    """The definition of `layer_dots` in the dtype of the result."""
    dots = [torch.zeros((), dtype=dtype, device=device) for _ in range(layers)]
    for layer, a, b in zip(*pairs, strict=True):
        dots[layer] = dots[layer] + (a.to(dtype) * b.to(dtype)).sum()
    return torch.stack(dots) if dots else torch.zeros(0, dtype=dtype, device=device)


def _launch(pairs: Pairs, layers: int) -> Tensor:
    """Run the kernel on pairs of one device and dtype, in the order of their layers: [L]."""
    layer, a, b = pairs
    device, dtype = a[0].device, a[0].dtype
    if not all(map(Tensor.is_contiguous, itertools.chain(a, b))):
        a, b = zip(*map(_in_one_order, a, b), strict=True)  # copies live until the kernel has been launched
    out = torch.empty(layers, dtype=ACCUMULATE[dtype], device=device)
    columns = map(Tensor.data_ptr, a), map(Tensor.data_ptr, b), map(Tensor.numel, a), layer
    table = [row for row in zip(*columns, strict=True) if row[2]]
    if not table:
        return out.zero_()
    workspace = torch.empty(_native.C.layer_dots_workspace(table), dtype=torch.float64, device=device)
    arguments = _native.dtype_code(dtype), table, layers, out.data_ptr(), workspace.data_ptr()
    if device.type == "cpu":
        _native.C.layer_dots_cpu(*arguments, torch.get_num_threads())
    else:
        with torch.cuda.device(device):
            _native.C.layer_dots_cuda(*arguments, torch.cuda.current_stream(device).cuda_stream)
    return out


def _in_one_order(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """The two with their entries in one order of memory, copied where they are not."""
    a = a if is_dense(a) else a.contiguous()
    return a, in_order_of(a, b)


class _LayerDots(torch.autograd.Function):
    """The kernel for pairs of one device and dtype. Differentiable any number of times.

    The map is bilinear: its backward is a product of a cotangent and the other factor, made of PyTorch's operations,
    which are differentiable themselves.
    """

    @staticmethod
    def forward(ctx: Any, layer: Sequence[int], layers: int, *tensors: Tensor) -> Tensor:
        ctx.layer = layer
        ctx.save_for_backward(*tensors)
        return _launch(Pairs(layer, tensors[: len(layer)], tensors[len(layer) :]), layers)

    @staticmethod
    def backward(ctx: Any, cotangent: Tensor) -> tuple[Tensor | None, ...]:
        tensors, pairs = ctx.saved_tensors, len(ctx.layer)
        others = (*tensors[pairs:], *tensors[:pairs])
        weights = cotangent.unbind()
        grads = [
            (weights[index] * other).to(other.dtype) if needed else None
            for index, other, needed in zip(ctx.layer * 2, others, ctx.needs_input_grad[2:], strict=True)
        ]
        return None, None, *grads


def _dots(pairs: Pairs, layers: int) -> Tensor:
    """The inner products [L] of pairs of one device and dtype, by the kernel."""
    layer, a, b = pairs
    if torch.is_grad_enabled() and any(map(_REQUIRES_GRAD, itertools.chain(a, b))):
        result: Tensor = _LayerDots.apply(layer, layers, *a, *b)  # type: ignore[no-untyped-call]
        return result
    return _launch(pairs, layers)


def _check(a: Layers, b: Layers) -> tuple[Pairs, Kinds, set[torch.dtype]]:
    """The pairs without None, their dtypes and devices, and the dtypes of the others; raise as `layer_dots` says."""
    check_sequence(a, "a")
    check_sequence(b, "b")
    check_same_length(b, "b", a, "a")
    for layer, (a_l, b_l) in enumerate(zip(a, b, strict=True)):
        check_sequence(a_l, "a", layer)
        check_sequence(b_l, "b", layer)
        check_same_length(b_l, "b", a_l, "a", layer)
    layers = [layer for layer, a_l in enumerate(a) for _ in a_l]
    pairs = Pairs(layers, [x for a_l in a for x in a_l], [y for b_l in b for y in b_l])  # type: ignore[misc]
    places: Iterable[tuple[int, int]] = ((layer, t) for layer, a_l in enumerate(a) for t in range(len(a_l)))
    dtypes: set[torch.dtype] = set()
    if type(None) in {*map(type, pairs.a), *map(type, pairs.b)}:
        rows = list(zip(*pairs, places, strict=True))
        for _, x, y, place in rows:
            for name, tensor, partner in (("a", x, y), ("b", y, x)):
                if tensor is not None and partner is None:
                    check_tensor(tensor, name, *place)
                    dtypes.add(tensor.dtype)
        met = [row for row in rows if row[1] is not None and row[2] is not None]
        *columns, places = zip(*met, strict=True) if met else [()] * 4
        pairs = Pairs(*columns)
    return pairs, check_pairs(pairs.a, "a", pairs.b, "b", places), dtypes


def layer_dots(a: Layers, b: Layers) -> Tensor:
    """The inner product of a and b in every layer.

        out[l] = Σ_t ⟨a[l][t], b[l][t]⟩                                   ⟨u_l, g_l⟩ of FaMUS, Eq. 7

    Sums are formed in float32, for float64 in float64, in blocks whose order depends on the shapes alone: the same
    input gives the same bits, whatever the number of threads. Differentiable any number of times in a and b.

    Args:
        a: L layers, each a list of tensors of float16, bfloat16, float32 or float64, of any shape and strides, all on
            one device; None counts as zero. Not written to.
        b: L layers, every tensor of the shape, dtype and device of its partner in a; None counts as zero.

    Returns:
        [L], float32; float64 if any tensor is float64. On the device of the tensors; on the CPU if there is no pair.

    Raises:
        TypeError: An argument of the wrong type; a tensor that is not strided or not of the four dtypes; partners of
            different dtypes.
        ValueError: Different lengths; partners of different shapes; more than one device; a meta tensor; a pending
            negation.
    """
    pairs, kinds, others = _check(a, b)
    dtypes, devices = {dtype for dtype, _ in kinds}, {device for _, device in kinds} or {torch.device("cpu")}
    if len(devices) > 1:
        raise ValueError(f"a: expected tensors on one device, got {', '.join(sorted(map(str, devices)))}")
    (device,), layers = devices, len(a)
    dtype = torch.float64 if torch.float64 in dtypes | others else torch.float32
    if not kinds or not _native.runs_native("layer_dots", device):
        return layer_dots_reference(pairs, layers, dtype, device)
    if len(dtypes) == 1:
        return _dots(pairs, layers).to(dtype)
    groups: dict[torch.dtype, list[tuple[int, Tensor, Tensor]]] = {}
    for pair in zip(*pairs, strict=True):
        groups.setdefault(pair[1].dtype, []).append(pair)
    total, *rest = (_dots(Pairs(*zip(*group, strict=True)), layers).to(dtype) for group in groups.values())
    for part in rest:
        total = total + part
    return total
