"""Virtual-Train and the average pooling of the gradient, for many tensors from one read of the gradient."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from famus_ext import _native
from famus_ext._checks import check_finite, check_pairs, check_same_length, check_sequence, check_tensor
from famus_ext.ops._layout import ACCUMULATE, in_order_of, rows_in_order

Gradients = Sequence[Tensor | None]


def virtual_step_reference(
    parameters: Sequence[Tensor], gradients: Gradients, lr: Sequence[float]
) -> tuple[list[Tensor], list[Tensor]]:
    """The definition of `virtual_step`: one learning rate a tensor, and ḡ as tensors of their own."""
    w_hat, g_bar = [], []
    for w, g, alpha in zip(parameters, gradients, lr, strict=True):
        accumulate = ACCUMULATE[w.dtype]
        if g is None:
            w_hat.append(_alias(w))
            g_bar.append(w.new_zeros(_rows(w), dtype=accumulate))
        else:
            w_hat.append((w.to(accumulate) - alpha * g.to(accumulate)).to(w.dtype))
            g_bar.append(g.to(accumulate).reshape(_rows(g), _inner(g)).sum(1) / max(_inner(g), 1))
    return w_hat, g_bar


def _alias(tensor: Tensor) -> Tensor:
    """The same memory; detached unless gradients are recorded."""
    return tensor.view_as(tensor) if torch.is_grad_enabled() else tensor.detach()


def _rows(tensor: Tensor) -> int:
    """D, the length of the first dimension; 1 for a scalar."""
    return tensor.shape[0] if tensor.dim() else 1


def _inner(tensor: Tensor) -> int:
    """Number of entries in a row."""
    return tensor.shape[1:].numel()


def _launch(
    w: Sequence[Tensor], g: Gradients, lr: Sequence[float], rows: Sequence[int]
) -> tuple[list[Tensor | None], Tensor]:
    """Run the kernel on tensors of one device and dtype: ŵ, None where g is None, and all ḡ in one tensor."""
    device, dtype, sizes = w[0].device, w[0].dtype, list(map(Tensor.numel, w))
    w_hat = [None if gradient is None else torch.empty_like(weight) for weight, gradient in zip(w, g, strict=True)]
    columns = zip(w, g, w_hat, itertools.accumulate(rows[:-1], initial=0), rows, sizes, lr, strict=True)
    present = [column for column in columns if column[5] and column[2] is not None]
    allocate = torch.empty if len(present) == len(w) else torch.zeros
    pooled = allocate(sum(rows), dtype=ACCUMULATE[dtype], device=device)
    if not present:
        return w_hat, pooled

    weights, gradients, hats, firsts, counts, entries, rates = zip(*present, strict=True)
    targets = hats
    if not all(map(Tensor.is_contiguous, itertools.chain(weights, gradients))):
        weights, gradients, targets = zip(*map(_in_rows, weights, gradients, hats), strict=True)
    start, width = pooled.data_ptr(), pooled.element_size()
    g_bar = [start + width * first for first in firsts]
    inner = [size // count for size, count in zip(entries, counts, strict=True)]
    addresses = (map(Tensor.data_ptr, tensors) for tensors in (weights, gradients, targets))
    table = list(zip(*addresses, g_bar, counts, inner, rates, strict=True))  # as virtual_step_cpu of _C.pyi takes it
    if device.type == "cpu":
        _native.C.virtual_step_cpu(_native.dtype_code(dtype), table, torch.get_num_threads())
    else:
        with torch.cuda.device(device):
            workspace = torch.empty(_native.C.virtual_step_workspace(table), dtype=torch.float64, device=device)
            stream = torch.cuda.current_stream(device).cuda_stream
            _native.C.virtual_step_cuda(_native.dtype_code(dtype), table, workspace.data_ptr(), stream)
    if targets is not hats:
        for hat, target in zip(hats, targets, strict=True):
            if target is not hat:
                hat.copy_(target)
    return w_hat, pooled


def _in_rows(w: Tensor, g: Tensor, w_hat: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The same with rows one after another and in one order of memory; copies, where they are not."""
    target = w_hat if rows_in_order(w_hat) else torch.empty(w.shape, dtype=w.dtype, device=w.device)
    return in_order_of(target, w), in_order_of(target, g), target


class _VirtualStep(torch.autograd.Function):
    """The kernel for tensors of one device and dtype. Differentiable any number of times.

    The map is linear, so its backward is its transpose and needs neither w nor g; it is made of PyTorch's operations,
    which are differentiable themselves. Recomputing the definition for its gradient would read both again.
    """

    @staticmethod
    def forward(ctx: Any, lr: Sequence[float], rows: Sequence[int], *tensors: Any) -> tuple[Tensor | None, ...]:
        w, g = tensors[: len(lr)], tensors[len(lr) :]
        ctx.set_materialize_grads(False)
        ctx.lr, ctx.rows, ctx.shapes, ctx.dtype = lr, rows, [tensor.shape for tensor in w], w[0].dtype
        w_hat, pooled = _launch(w, g, lr, rows)
        return (*w_hat, pooled)

    @staticmethod
    def backward(ctx: Any, *cotangents: Tensor | None) -> tuple[Tensor | None, ...]:
        *grad_w_hat, grad_pooled = cotangents
        grad_g_bar = [None] * len(ctx.rows) if grad_pooled is None else grad_pooled.split_with_sizes(ctx.rows)
        grad_g: list[Tensor | None] = []
        for t, (shape, alpha, u, v) in enumerate(zip(ctx.shapes, ctx.lr, grad_w_hat, grad_g_bar, strict=True)):
            if not ctx.needs_input_grad[2 + len(ctx.rows) + t]:
                grad_g.append(None)
                continue
            parts = []
            if u is not None:
                parts.append(-alpha * u)
            if v is not None:
                mean = v / max(shape[1:].numel(), 1)
                parts.append(mean.to(ctx.dtype).reshape([*shape[:1], *[1] * len(shape[1:])]).expand(shape))
            grad_g.append(sum(parts[1:], parts[0]) if parts else None)
        return None, None, *grad_w_hat, *grad_g


def _group(w: Sequence[Tensor], g: Gradients, lr: Sequence[float]) -> tuple[list[Tensor], Sequence[Tensor]]:
    """ŵ and ḡ of tensors of one device and dtype."""
    rows = [shape[0] if shape else 1 for shape in [tensor.shape for tensor in w]]
    if not _native.runs_native("virtual_step", w[0].device):
        reference, means = virtual_step_reference(w, g, lr)
        return reference, torch.cat(means).split_with_sizes(rows)
    if torch.is_grad_enabled() and any(t is not None and t.requires_grad for t in (*w, *g)):
        *w_hat, pooled = _VirtualStep.apply(lr, rows, *w, *g)  # type: ignore[no-untyped-call]
    else:
        w_hat, pooled = _launch(w, g, lr, rows)
    hats = [_alias(tensor) if hat is None else hat for tensor, hat in zip(w, w_hat, strict=True)]
    return hats, pooled.split_with_sizes(rows)


def _check(
    parameters: Sequence[Tensor], gradients: Gradients, lr: float | Sequence[float]
) -> tuple[list[float], set[tuple[torch.dtype, torch.device]]]:
    """One learning rate a tensor, and the dtypes and devices; raise as `virtual_step` says."""
    check_sequence(parameters, "parameters")
    check_sequence(gradients, "gradients")
    check_same_length(gradients, "gradients", parameters, "parameters")
    kinds = set()
    w, g, places = parameters, gradients, list(range(len(parameters)))
    if type(None) in set(map(type, gradients)):
        for t in places:
            if gradients[t] is None:
                check_tensor(parameters[t], "parameters", t)
                kinds.add((parameters[t].dtype, parameters[t].device))
        places = [t for t in places if gradients[t] is not None]
        w, g = [parameters[t] for t in places], [gradients[t] for t in places]
    kinds |= check_pairs(w, "parameters", g, "gradients", zip(places, strict=True))  # type: ignore[arg-type]
    if not isinstance(lr, Sequence):
        return [check_finite(lr, "lr")] * len(parameters), kinds
    check_same_length(lr, "lr", parameters, "parameters")
    return [check_finite(alpha, "lr", t) for t, alpha in enumerate(lr)], kinds


def virtual_step(
    parameters: Sequence[Tensor], gradients: Gradients, lr: float | Sequence[float]
) -> tuple[list[Tensor], list[Tensor]]:
    """The virtual weights and the average-pooled gradient of every tensor.

    For w [D, ...] and g [D, ...] of parameter t, with learning rate α_t:

        ŵ = w − α_t g                                                     FaMUS, Eq. 3
        ḡ[d] = mean of g[d, ...] over all dimensions but the first        FaMUS, Eq. 8

    A vector's ḡ is the vector, a scalar's has shape [1], and the mean of a row without entries is 0. Sums are formed in
    float32, for float64 in float64, in an order that depends on the shape alone: the same input gives the same bits.
    Differentiable any number of times in w and g.

    Args:
        parameters: T tensors w [D, ...] of float16, bfloat16, float32 or float64, on any devices, of any strides. Not
            written to.
        gradients: T tensors g, each of the shape, dtype and device of its w; None counts as zero.
        lr: α, a finite number for all tensors or one a tensor.

    Returns:
        T tensors ŵ of the dtype and shape of w, and of its strides where w fills its memory; where g is None, an alias
        of w, detached unless gradients are recorded. And T tensors ḡ [D] of float32, for float64 float64: all those of
        one device and dtype of w are views into one tensor, one after another in the order of `parameters`.

    Raises:
        TypeError: An argument of the wrong type; a tensor that is not strided or not of the four dtypes; w and g of
            different dtypes.
        ValueError: Different lengths; w and g of different shapes or devices; a meta tensor; a pending
            negation; an lr that is not finite.
    """
    rates, kinds = _check(parameters, gradients, lr)
    if len(kinds) == 1:
        hats, means = _group(parameters, gradients, rates)
        return hats, list(means)
    groups: dict[tuple[torch.dtype, torch.device], list[int]] = {}
    for t, w in enumerate(parameters):
        groups.setdefault((w.dtype, w.device), []).append(t)
    w_hat, g_bar = list(parameters), list(parameters)
    for members in groups.values():
        group, slopes = [parameters[t] for t in members], [gradients[t] for t in members]
        for t, hat, mean in zip(members, *_group(group, slopes, [rates[t] for t in members]), strict=True):
            w_hat[t], g_bar[t] = hat, mean
    return w_hat, g_bar
