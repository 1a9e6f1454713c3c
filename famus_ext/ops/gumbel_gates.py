"""The gates that Γ draws for all layers from their pooled gradients."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import linear, prelu

from famus_ext import _native
from famus_ext._checks import check_finite, check_sequence, check_tensor, label
from famus_ext.ops._layout import ACCUMULATE


def _shapes(size: int, hidden: int) -> tuple[tuple[int, ...], ...]:
    """Those of W, b, a, V and c, which η has for a layer one after another."""
    return (hidden, size), (hidden,), (1,), (2, hidden), (2,)


def _counts(size: int, hidden: int) -> tuple[int, ...]:
    """The numbers of entries of W, b, a, V and c."""
    return hidden * size, hidden, 1, 2 * hidden, 2


def _hidden(eta: Tensor, sizes: Sequence[int]) -> int:
    """H, for which η has Σ_l (H D_l + 3 H + 3) entries."""
    layers = len(sizes)
    return (eta.numel() - 3 * layers) // (sum(sizes) + 3 * layers)


def straight_through(logits: Tensor, noise: Tensor, temperature: float) -> Tensor:
    """The hard sample of the Gumbel-softmax (Jang et al., 2017), with the gradient of the soft one: [L] of [L, 2]."""
    difference = (logits + noise).diff(dim=1).squeeze(1)
    soft = (difference / temperature).sigmoid()  # the softmax over two classes
    hard = (difference > 0).to(soft.dtype)
    return hard - soft.detach() + soft


def gumbel_gates_reference(x: Tensor, eta: Tensor, noise: Tensor, sizes: Sequence[int], temperature: float) -> Tensor:
    """The definition of `gumbel_gates` of one layer at least, from x [D_1 + ... + D_L], in the dtype that x has."""
    hidden, logits = _hidden(eta, sizes), []
    parts = iter(eta.to(x.dtype).split_with_sizes([n for size in sizes for n in _counts(size, hidden)]))
    with torch.autocast(x.device.type, enabled=False):
        for x_l in x.split_with_sizes(list(sizes)):
            W, b, a, V, c = (next(parts).view(shape) for shape in _shapes(len(x_l), hidden))
            logits.append(linear(prelu(linear(x_l, W, b), a), V, c))
    return straight_through(torch.stack(logits), noise.to(x.dtype), temperature)


def _call(name: str, eta: Tensor, *arguments: Any) -> None:
    """Run a kernel for the dtype and device of η, on torch's threads or its current stream."""
    kernel, code = getattr(_native.C, f"{name}_{eta.device.type}"), _native.dtype_code(eta.dtype)
    if eta.device.type == "cpu":
        kernel(code, *arguments, torch.get_num_threads())
    else:
        with torch.cuda.device(eta.device):
            kernel(code, *arguments, torch.cuda.current_stream().cuda_stream)


def _starts(tensor: Tensor, counts: Sequence[int]) -> list[int]:
    """The addresses at which consecutive parts of a tensor begin, of so many entries each, and that of its end."""
    width = tensor.element_size()
    return list(itertools.accumulate((width * count for count in counts), initial=tensor.data_ptr()))


def _layers(eta: Tensor, sizes: Sequence[int], hidden: int) -> list[tuple[int, ...]]:
    """The addresses of W, b, a, V and c of every layer."""
    starts = iter(_starts(eta, [n for size in sizes for n in _counts(size, hidden)]))
    return list(zip(*[starts] * 5, strict=False))


def _launch(
    x: Tensor, eta: Tensor, noise: Tensor, sizes: Sequence[int], temperature: float
) -> tuple[Tensor, Tensor, Tensor]:
    """Run the kernel: r [L], and for the gradient h [L, H] and the soft sample's derivative [L]."""
    layers, hidden = len(sizes), _hidden(eta, sizes)
    noise = noise.to(x.dtype).contiguous()
    r, h, ds_dd = x.new_empty(layers), x.new_empty(layers, hidden), x.new_empty(layers)
    parts = zip(_starts(x, sizes), _layers(eta, sizes, hidden), sizes, strict=False)
    table = [(x_l, *eta_l, size) for x_l, eta_l, size in parts]
    _call("gumbel_gates", eta, table, hidden, temperature, *(t.data_ptr() for t in (noise, r, h, ds_dd)))
    return r, h, ds_dd


def _launch_grad(
    x: Tensor, eta: Tensor, cotangent: Tensor, h: Tensor, ds_dd: Tensor, sizes: Sequence[int], *, wants_x: bool
) -> tuple[Tensor | None, Tensor]:
    """Run the gradient's kernel: ∂L/∂x, None unless wanted, and ∂L/∂η."""
    hidden, cotangent, workspace = h.shape[1], cotangent.contiguous(), torch.empty_like(h)
    grad_x, grad_eta = torch.empty_like(x) if wants_x else None, torch.empty_like(eta)
    starts = [0] * len(sizes) if grad_x is None else _starts(grad_x, sizes)
    to_grad = grad_eta.data_ptr() - eta.data_ptr()
    parts = zip(_starts(x, sizes), _layers(eta, sizes, hidden), starts, sizes, strict=False)
    table = [(x_l, W, a, V, W + to_grad, grad_x_l, size) for x_l, (W, _, a, V, _), grad_x_l, size in parts]
    _call("grad_gumbel_gates", eta, table, hidden, *(t.data_ptr() for t in (cotangent, h, ds_dd, workspace)))
    return grad_x, grad_eta


class _GumbelGates(torch.autograd.Function):
    """The kernel. Differentiable any number of times in x and η.

    The gradient is a kernel too, which PyTorch cannot differentiate; under ``create_graph=True`` the definition's is
    taken in its place.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, eta: Tensor, noise: Tensor, sizes: Sequence[int], temperature: float) -> Tensor:
        r, h, ds_dd = _launch(x, eta, noise, sizes, temperature)
        ctx.sizes, ctx.temperature = sizes, temperature
        ctx.save_for_backward(x, eta, noise, h, ds_dd)
        return r

    @staticmethod
    def backward(ctx: Any, cotangent: Tensor) -> tuple[Tensor | None, ...]:
        x, eta, noise, h, ds_dd = ctx.saved_tensors
        wants_x, wants_eta, *_ = ctx.needs_input_grad
        if not torch.is_grad_enabled():
            grads = _launch_grad(x, eta, cotangent, h, ds_dd, ctx.sizes, wants_x=wants_x)
            return *grads, None, None, None
        places = x.view_as(x), eta.view_as(eta)  # where one depends on the other, the gradient is at this place alone
        r = gumbel_gates_reference(*places, noise, ctx.sizes, ctx.temperature)
        wanted = [place for place, want in zip(places, (wants_x, wants_eta), strict=True) if want]
        found = iter(torch.autograd.grad(r, wanted, cotangent, create_graph=True))
        return next(found) if wants_x else None, next(found) if wants_eta else None, None, None, None


def _check(inputs: Sequence[Tensor], eta: Tensor, noise: Tensor, temperature: float) -> None:
    """Raise as `gumbel_gates` says."""
    check_sequence(inputs, "inputs")
    check_tensor(eta, "eta")
    for layer, x in enumerate(inputs):
        check_tensor(x, "inputs", layer)
        _check_place(x, (x.numel(),), eta, "inputs", layer)
    _check_place(eta, (eta.numel(),), eta, "eta")
    layers, total = len(inputs), sum(map(len, inputs))
    hidden = _hidden(eta, [len(x) for x in inputs]) if inputs else 0
    if hidden < 0 or eta.numel() != hidden * (total + 3 * layers) + 3 * layers:
        expected = f"H · {total + 3 * layers} + {3 * layers} entries, W, b, a, V and c of {layers} layers"
        raise ValueError(f"eta: expected {expected}, got {eta.numel()}")
    check_tensor(noise, "noise")
    _check_place(noise, (layers, 2), eta, "noise")
    if check_finite(temperature, "temperature") <= 0:
        raise ValueError(f"temperature: expected a positive number, got {temperature}")


def _check_place(tensor: Tensor, shape: tuple[int, ...], eta: Tensor, name: str, *index: int) -> None:
    """Raise unless the tensor has this shape and is where η is."""
    if tensor.shape != shape:
        raise ValueError(f"{label(name, index)}: expected shape {shape}, got {tuple(tensor.shape)}")
    if tensor.device != eta.device:
        expected = f"a tensor on {eta.device}, as eta is"
        raise ValueError(f"{label(name, index)}: expected {expected}, got one on {tensor.device}")


def gumbel_gates(inputs: Sequence[Tensor], eta: Tensor, noise: Tensor, temperature: float) -> Tensor:
    """The gates r_l = Γ(ḡ_l; η_l) of all layers (FaMUS, Eq. 8), Γ of two fully connected layers.

        z_l = V_l PReLU(W_l x_l + b_l; a_l) + c_l                                                  logits
        d_l = (z_l + noise_l)[1] - (z_l + noise_l)[0]
        s_l = 1 / (1 + exp(-d_l / τ))                                                              soft sample
        r_l = 1 where d_l > 0, 0 elsewhere                                                         hard sample

    with the gradient of s straight through r: the Gumbel-softmax of Jang et al., 2017, for Gumbel noise, and the larger
    logit's decision for zeros. η is one vector: were each W, b, a, V and c a tensor, autograd would take longer than
    the kernels. Sums are formed in float32, for float64 in float64, also under autocast, in an order that depends on
    the sizes alone: the same input gives the same bits. Differentiable any number of times in x and η; the first
    derivative is a kernel, others are the definition's.

    Args:
        inputs: L tensors x_l [D_l] of float16, bfloat16, float32 or float64: ḡ_l. Not written to.
        eta: η [Σ_l (H D_l + 3 H + 3)], of one of the four dtypes: for each layer, one after another, the entries of
            W [H, D_l], b [H], a [1], V [2, H] and c [2], as the parameters of Sequential(Linear, PReLU, Linear) come. H
            is the same for all.
        noise: [L, 2], a constant.
        temperature: τ, positive.

    Returns:
        r [L] of 0 and 1, of the dtype of η; NaN where the difference of the logits is.

    Raises:
        TypeError: An argument of the wrong type; a tensor that is not strided or not of the four dtypes.
        ValueError: Another shape; a length of η that is that of no H; more than one device; a meta tensor; a pending
            negation; a temperature that is not positive and finite.
    """
    _check(inputs, eta, noise, temperature)
    if not inputs:
        return noise.new_zeros(0)
    sizes, noise = [len(x) for x in inputs], noise.detach()
    x = torch.cat(list(inputs)).to(ACCUMULATE[eta.dtype])
    if not _native.runs_native("gumbel_gates", eta.device):
        return gumbel_gates_reference(x, eta, noise, sizes, temperature).to(eta.dtype)
    eta = eta.contiguous()
    if torch.is_grad_enabled() and (x.requires_grad or eta.requires_grad):
        r: Tensor = _GumbelGates.apply(x, eta, noise, sizes, temperature)  # type: ignore[no-untyped-call]
    else:
        r, _, _ = _launch(x, eta, noise, sizes, temperature)
    return r.to(eta.dtype)
