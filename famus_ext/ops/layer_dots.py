"""Inner products of two families of tensors, layer by layer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from famus_ext import _native
from famus_ext._checks import check_pair, check_same_length, check_sequence, check_tensor
from famus_ext.ops._layout import ACCUMULATE, in_order_of, is_dense

Layers = Sequence[Sequence[Tensor | None]]
Pairs = list[tuple[int, Tensor, Tensor]]  # layer, its two tensors


def layer_dots_reference(pairs: Pairs, layers: int, dtype: torch.dtype, device: torch.device) -> Tensor:
    """The definition of `layer_dots`, of the pairs (l, a, b) in which neither is None, in the dtype of the result."""
    dots = [torch.zeros((), dtype=dtype, device=device) for _ in range(layers)]
    for layer, a, b in pairs:
        dots[layer] = dots[layer] + (a.to(dtype) * b.to(dtype)).sum()
    return torch.stack(dots) if dots else torch.zeros(0, dtype=dtype, device=device)


def _launch(a: Sequence[Tensor], b: Sequence[Tensor], layer: Sequence[int], layers: int) -> Tensor:
    """Run the kernel on pairs of one device and dtype, in the order of their layers: [L]."""
    device, dtype = a[0].device, a[0].dtype
    keep: list[tuple[Tensor, Tensor]] = []  # copies that the kernel reads
    table: list[tuple[int, int, int, int]] = []
    for x, y, index in zip(a, b, layer, strict=True):
        if not (x.is_contiguous() and y.is_contiguous()):
            x = x if is_dense(x) else x.contiguous()
            y = in_order_of(x, y)
            keep.append((x, y))
        size = x.numel()
        if size:
            table.append((x.data_ptr(), y.data_ptr(), size, index))
    out = torch.empty(layers, dtype=ACCUMULATE[dtype], device=device)
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


class _LayerDots(torch.autograd.Function):
    """The kernel for pairs of one device and dtype. Differentiable any number of times.

    The map is bilinear: its backward is a product of a cotangent and the other factor, made of PyTorch's operations,
    which are differentiable themselves.
    """

    @staticmethod
    def forward(ctx: Any, layer: Sequence[int], layers: int, *tensors: Tensor) -> Tensor:
        ctx.layer = layer
        ctx.save_for_backward(*tensors)
        return _launch(tensors[: len(layer)], tensors[len(layer) :], layer, layers)

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


def _group(pairs: Pairs, layers: int) -> Tensor:
    """The inner products [L] of pairs of one device and dtype."""
    layer, a, b = [index for index, _, _ in pairs], [x for _, x, _ in pairs], [y for _, _, y in pairs]
    if torch.is_grad_enabled() and any(t.requires_grad for t in (*a, *b)):
        result: Tensor = _LayerDots.apply(layer, layers, *a, *b)  # type: ignore[no-untyped-call]
        return result
    return _launch(a, b, layer, layers)


def _pairs(a: Layers, b: Layers) -> tuple[Pairs, torch.dtype]:
    """The pairs in which neither tensor is None, and the dtype of the result; raise as `layer_dots` says."""
    check_sequence(a, "a")
    check_sequence(b, "b")
    check_same_length(b, "b", a, "a")
    pairs: Pairs = []
    dtypes = set()
    for layer, (a_l, b_l) in enumerate(zip(a, b, strict=True)):
        check_sequence(a_l, "a", layer)
        check_sequence(b_l, "b", layer)
        check_same_length(b_l, "b", a_l, "a", layer)
        for t, (x, y) in enumerate(zip(a_l, b_l, strict=True)):
            if x is not None and y is not None:
                check_pair(x, "a", y, "b", layer, t)
                pairs.append((layer, x, y))
                dtypes.add(x.dtype)
            elif x is not None:
                check_tensor(x, "a", layer, t)
                dtypes.add(x.dtype)
            elif y is not None:
                check_tensor(y, "b", layer, t)
                dtypes.add(y.dtype)
    devices = {x.device for _, x, _ in pairs}
    if len(devices) > 1:
        raise ValueError(f"a: expected tensors on one device, got {', '.join(sorted(map(str, devices)))}")
    return pairs, torch.float64 if torch.float64 in dtypes else torch.float32


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
        TypeError: an argument of the wrong type; a tensor that is not strided or not of the four dtypes; partners of
            different dtypes.
        ValueError: different lengths; partners of different shapes; more than one device; a meta tensor; a
            pending negation.
    """
    (pairs, dtype), layers = _pairs(a, b), len(a)
    device = pairs[0][1].device if pairs else torch.device("cpu")
    if not pairs or not _native.runs_native("layer_dots", device):
        return layer_dots_reference(pairs, layers, dtype, device)
    groups: dict[torch.dtype, Pairs] = {}
    for pair in pairs:
        groups.setdefault(pair[1].dtype, []).append(pair)
    total, *rest = (_group(group, layers).to(dtype) for group in groups.values())
    for part in rest:
        total = total + part
    return total
