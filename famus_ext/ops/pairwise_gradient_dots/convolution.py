"""Pairwise products of gradients of a convolution's weight and bias; a linear layer is one without neighbours."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import torch
from torch import Tensor
from torch.nn.functional import pad

from famus_ext import _native
from famus_ext.ops._layout import ACCUMULATE
from famus_ext.ops.geometry import SPATIAL, Convolution, Linear

OP = "pairwise_gradient_dots"
Batches: TypeAlias = tuple[Tensor, Tensor, Tensor, Tensor]
"""x [N, C, ...], y' [N, O, ...], and those of the meta batch: x_v [M, C, ...], y'_v [M, O, ...]."""

ENTRIES = 1 << 22
"""Of each tensor that the definition makes of a slice of a batch's channels, unless one channel alone has more."""


@dataclass(frozen=True)
class Parameters:
    """A convolution, and which of its parameters the gradients are of."""

    layer: Convolution
    weight: bool
    bias: bool


def as_convolution(layer: Linear | Convolution, tensors: Batches) -> tuple[Convolution, Batches]:
    """The layer as a convolution, its tensors with the channels second. Views, up to three dimensions of rows."""
    if isinstance(layer, Convolution):
        return _without_gaps(layer, tensors)
    rows = {t.dim() - 2 for t in tensors}
    if rows == {0}:
        tensors = tuple(t.unsqueeze(1) for t in tensors)  # type: ignore[assignment]
    elif len(rows) > 1 or max(rows) > SPATIAL:
        tensors = tuple(t.reshape(len(t), t.shape[1:-1].numel(), t.shape[-1]) for t in tensors)  # type: ignore[assignment]
    ones = (1,) * (tensors[0].dim() - 2)
    first = tuple(t.movedim(-1, 1) for t in tensors)
    return Convolution(ones, ones, (0,) * len(ones), ones), first  # type: ignore[return-value]


def _without_gaps(layer: Convolution, tensors: Batches) -> tuple[Convolution, Batches]:
    """The same convolution without the entries of x that a window of one entry steps over."""
    steps, strides = [], []
    for kernel, stride, padding in zip(layer.kernel_size, layer.stride, layer.padding, strict=True):
        alone = kernel == 1 and padding == 0
        steps.append(slice(None, None, stride if alone else 1))
        strides.append(1 if alone else stride)
    x, slopes, x_meta, slopes_meta = tensors
    cut: Any = (..., *steps)
    return replace(layer, stride=tuple(strides)), (x[cut], slopes, x_meta[cut], slopes_meta)


def convolution_reference(tensors: Batches, parameters: Parameters) -> Tensor:
    """The definition: gradients of a few channels at a time, of every example of both batches, and their products.

    In the dtype of sums also under autocast.
    """
    with torch.autocast(tensors[0].device.type, enabled=False):
        return _reference(tensors, parameters)


def _reference(tensors: Batches, parameters: Parameters) -> Tensor:
    """The same, in whatever dtype autocast says."""
    x, slopes, x_meta, slopes_meta = tensors
    dtype = ACCUMULATE[x.dtype]
    total = torch.zeros(len(x), len(x_meta), dtype=dtype, device=x.device)
    if parameters.weight and slopes.numel() and slopes_meta.numel():
        channels = x.shape[1] // parameters.layer.groups
        step = min(
            _channels_at_once(x, slopes, parameters.layer), _channels_at_once(x_meta, slopes_meta, parameters.layer)
        )
        for begin in range(0, channels, step):
            part = begin, min(step, channels - begin)
            gradients = _gradients(x, slopes, parameters.layer, *part)
            total = total + gradients @ _gradients(x_meta, slopes_meta, parameters.layer, *part).T
    if parameters.bias:
        total = total + slopes.flatten(2).to(dtype).sum(2) @ slopes_meta.flatten(2).to(dtype).sum(2).T
    return total


def _channels_at_once(x: Tensor, slopes: Tensor, layer: Convolution) -> int:
    """Channels of a group whose windows, and whose gradients, have no more than `ENTRIES` entries; at least one."""
    kernel, places = torch.Size(layer.kernel_size).numel(), slopes.shape[2:].numel()
    of_one = len(x) * kernel * max(layer.groups * places, slopes.shape[1])
    return max(ENTRIES // of_one, 1) if of_one else 1


def _gradients(x: Tensor, slopes: Tensor, layer: Convolution, begin: int, count: int) -> Tensor:
    """Each example's gradient for a few channels of every group, [N, entries]."""
    dtype = ACCUMULATE[x.dtype]
    seen = _by_group(x, layer.groups).narrow(2, begin, count).to(dtype)
    seen = pad(seen, [zeros for padding in reversed(layer.padding) for zeros in (padding, padding)])
    geometry = zip(layer.kernel_size, layer.stride, layer.dilation, strict=True)
    for dimension, (kernel, stride, dilation) in enumerate(geometry, 3):
        seen = seen.unfold(dimension, dilation * (kernel - 1) + 1, stride)[..., ::dilation]
    spatial = len(layer.kernel_size)
    seen = seen.flatten(3 + spatial).flatten(3, 2 + spatial)
    return torch.einsum("ngop,ngcpk->ngock", _by_group(slopes, layer.groups).flatten(3).to(dtype), seen).flatten(1)


def _by_group(tensor: Tensor, groups: int) -> Tensor:
    """A tensor [N, C, ...] as [N, groups, C / groups, ...]."""
    return tensor.view(len(tensor), groups, tensor.shape[1] // groups, *tensor.shape[2:])


def _batch(x: Tensor, slopes: Tensor, layer: Convolution) -> tuple[Any, ...]:
    """A batch as the native module takes it."""
    missing = (0,) * (SPATIAL + 2 - x.dim())
    strides = ((*t.stride()[:2], *missing, *t.stride()[2:]) for t in (x, slopes))
    return x.data_ptr(), slopes.data_ptr(), len(x), layer.axes(tuple(x.shape[2:])), *strides


def _launch(tensors: Batches, parameters: Parameters) -> Tensor:
    """Run the kernel."""
    x, slopes, x_meta, slopes_meta = tensors
    layer = parameters.layer
    if not parameters.weight:
        x, x_meta, layer = x[:, :0], x_meta[:, :0], replace(layer, groups=1)
    dtype = ACCUMULATE[x.dtype]
    nothing = not slopes.numel() or not slopes_meta.numel() or not (x.shape[1] or parameters.bias)
    if nothing:
        return x.new_zeros(len(x), len(x_meta), dtype=dtype)
    out = x.new_empty(len(x), len(x_meta), dtype=dtype)
    call = (
        _native.dtype_code(x.dtype),
        _batch(x, slopes, layer),
        _batch(x_meta, slopes_meta, layer),
        (x.shape[1], slopes.shape[1], layer.groups, parameters.bias),
    )
    device = x.device
    size = _native.C.pairwise_gradient_dots_workspace(*call, device.type == "cuda")
    workspace = torch.empty(size, dtype=torch.uint8, device=device)
    if device.type == "cpu":
        _native.C.pairwise_gradient_dots_cpu(*call, out.data_ptr(), workspace.data_ptr(), torch.get_num_threads())
    else:
        with torch.cuda.device(device):
            stream = torch.cuda.current_stream(device).cuda_stream
            _native.C.pairwise_gradient_dots_cuda(*call, out.data_ptr(), workspace.data_ptr(), stream)
    return out


class _ConvolutionDots(torch.autograd.Function):
    """The kernel. Differentiable any number of times: its backward is that of the definition."""

    @staticmethod
    def forward(ctx: Any, parameters: Parameters, *tensors: Tensor) -> Tensor:
        ctx.parameters = parameters
        ctx.save_for_backward(*tensors)
        return _launch(tensors, parameters)  # type: ignore[arg-type]

    @staticmethod
    def backward(ctx: Any, cotangent: Tensor) -> tuple[Tensor | None, ...]:
        recorded, needed = torch.is_grad_enabled(), ctx.needs_input_grad[1:]
        with torch.enable_grad():
            # Views: a tensor that is there twice has a gradient at each place.
            places = [(t if recorded else t.detach()).view_as(t) for t in ctx.saved_tensors]
            places = [
                t.requires_grad_() if need and not recorded else t for t, need in zip(places, needed, strict=True)
            ]
            dots = convolution_reference(tuple(places), ctx.parameters)  # type: ignore[arg-type]
            if not dots.requires_grad:  # of no entry, or of the bias alone and only x is wanted
                return None, *(None for _ in needed)
            wanted = [place for place, need in zip(places, needed, strict=True) if need]
            found = iter(torch.autograd.grad(dots, wanted, cotangent, create_graph=recorded, allow_unused=True))
        return None, *(next(found) if need else None for need in needed)


def convolution_dots(tensors: Batches, parameters: Parameters) -> Tensor:
    """G [N, M] in the dtype of sums."""
    if not _native.runs_native(OP, tensors[0].device):
        return convolution_reference(tensors, parameters)
    if torch.is_grad_enabled() and any(t.requires_grad for t in tensors):
        result: Tensor = _ConvolutionDots.apply(parameters, *tensors)  # type: ignore[no-untyped-call]
        return result
    return _launch(tensors, parameters)


def vector_dots(gradients: Tensor, gradients_meta: Tensor) -> Tensor:
    """Products of gradients that are there, [N, D] and [M, D]: those of the bias of a layer with one row an example."""
    slopes, slopes_meta = gradients.unsqueeze(2), gradients_meta.unsqueeze(2)
    one = Convolution((1,), (1,), (0,), (1,))
    return convolution_dots((slopes[:, :0], slopes, slopes_meta[:, :0], slopes_meta), Parameters(one, False, True))
