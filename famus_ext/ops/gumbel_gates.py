"""The gates that Γ draws for all layers from their pooled gradients."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import linear, prelu

from famus_ext import _native
from famus_ext._checks import check_finite, check_same_length, check_sequence, check_tensor, label
from famus_ext.ops._layout import ACCUMULATE

Gates = Sequence[Sequence[Tensor]]  # of each layer x, W, b, a, V, c: its input and η


def straight_through(logits: Tensor, noise: Tensor, temperature: float) -> Tensor:
    """The hard sample of the Gumbel-softmax (Jang et al., 2017), with the gradient of the soft one: [L] of [L, 2]."""
    difference = (logits + noise).diff(dim=1).squeeze(1)
    soft = (difference / temperature).sigmoid()  # the softmax over two classes
    hard = (difference > 0).to(soft.dtype)
    return hard - soft.detach() + soft


def gumbel_gates_reference(gates: Gates, noise: Tensor, temperature: float) -> Tensor:
    """The definition of `gumbel_gates`, of one layer at least, in the dtype of sums."""
    accumulate = ACCUMULATE[gates[0][1].dtype]
    exact = [[t.to(accumulate) for t in gate] for gate in gates]
    with torch.autocast(noise.device.type, enabled=False):
        logits = [linear(prelu(linear(x, W, b), a), V, c) for x, W, b, a, V, c in exact]
    return straight_through(torch.stack(logits), noise.to(accumulate), temperature)


def _prepared(gates: Gates) -> list[list[Tensor]]:
    """The same numbers as a kernel reads them: contiguous, x in the dtype of sums."""
    accumulate = ACCUMULATE[gates[0][1].dtype]
    return [[x.to(accumulate).contiguous(), *(t.contiguous() for t in eta)] for x, *eta in gates]


def _call(name: str, weight: Tensor, *arguments: Any) -> None:
    """Run a kernel for the weight's dtype and device, on torch's threads or its current stream."""
    kernel, code = getattr(_native.C, f"{name}_{weight.device.type}"), _native.dtype_code(weight.dtype)
    if weight.device.type == "cpu":
        kernel(code, *arguments, torch.get_num_threads())
    else:
        with torch.cuda.device(weight.device):
            kernel(code, *arguments, torch.cuda.current_stream().cuda_stream)


def _launch(gates: Gates, noise: Tensor, temperature: float) -> tuple[Tensor, Tensor, Tensor]:
    """Run the kernel: r [L], and for the gradient h [L, H] and the soft sample's derivative [L]."""
    gates = _prepared(gates)
    weight = gates[0][1]
    noise = noise.to(ACCUMULATE[weight.dtype]).contiguous()
    r, h, ds_dd = noise.new_empty(len(gates)), noise.new_empty(len(gates), len(weight)), noise.new_empty(len(gates))
    table = [(*(t.data_ptr() for t in gate), len(gate[0])) for gate in gates]
    addresses = [t.data_ptr() for t in (noise, r, h, ds_dd)]
    _call("gumbel_gates", weight, table, len(weight), temperature, *addresses)
    return r, h, ds_dd


def _launch_grad(gates: Gates, cotangent: Tensor, h: Tensor, ds_dd: Tensor, *, wants_x: bool) -> list[Tensor | None]:
    """Run the gradient's kernel: ∂L/∂ of every layer's x, which is None unless wanted, W, b, a, V and c."""
    gates = _prepared(gates)
    weight, hidden = gates[0][1], h.shape[1]
    sizes = [entries for x, *_ in gates for entries in (hidden * len(x), hidden, 1, 2 * hidden, 2)]
    # In one stretch of memory: hundreds of tensors are slow to allocate.
    grad_eta = weight.new_empty(sum(sizes))
    parts = grad_eta.split_with_sizes(sizes)
    address, width = grad_eta.data_ptr(), grad_eta.element_size()
    table: list[tuple[int, ...]] = []
    grads: list[Tensor | None] = []
    for (x, W, _, a, V, _), (grad_W, grad_b, grad_a, grad_V, grad_c) in zip(gates, _tuples(parts, 5), strict=True):
        grad_x = torch.empty_like(x) if wants_x else None
        target = address + width * int(grad_W.storage_offset())
        targets = target, 0 if grad_x is None else grad_x.data_ptr()
        table.append((x.data_ptr(), W.data_ptr(), a.data_ptr(), V.data_ptr(), *targets, len(x)))
        grads += (grad_x, grad_W.view(hidden, len(x)), grad_b, grad_a, grad_V.view(2, hidden), grad_c)
    operands = cotangent.contiguous(), h, ds_dd, torch.empty_like(h)
    _call("grad_gumbel_gates", weight, table, hidden, *(t.data_ptr() for t in operands))
    return grads


def _tuples(tensors: Sequence[Tensor], length: int = 6) -> Gates:
    """The tensors cut into tuples of one length: those of each layer."""
    return list(zip(*[iter(tensors)] * length, strict=True))


class _GumbelGates(torch.autograd.Function):
    """The kernel. Differentiable any number of times in x and η.

    The gradient is a kernel too, which PyTorch cannot differentiate; under ``create_graph=True`` the definition's is
    taken in its place.
    """

    @staticmethod
    def forward(ctx: Any, noise: Tensor, temperature: float, *tensors: Tensor) -> Tensor:
        r, h, ds_dd = _launch(_tuples(tensors), noise, temperature)
        ctx.temperature = temperature
        ctx.save_for_backward(noise, h, ds_dd, *tensors)
        return r

    @staticmethod
    def backward(ctx: Any, cotangent: Tensor) -> tuple[Tensor | None, ...]:
        noise, h, ds_dd, *tensors = ctx.saved_tensors
        needed = ctx.needs_input_grad[2:]
        if not torch.is_grad_enabled():
            grads = _launch_grad(_tuples(tensors), cotangent, h, ds_dd, wants_x=any(needed[::6]))
            return None, None, *(grad if need else None for grad, need in zip(grads, needed, strict=True))
        places = [t.view_as(t) for t in tensors]  # a tensor that is there twice has a gradient at each place
        r = gumbel_gates_reference(_tuples(places), noise, ctx.temperature)
        wanted = [place for place, need in zip(places, needed, strict=True) if need]
        found = iter(torch.autograd.grad(r, wanted, cotangent, create_graph=True))
        return None, None, *(next(found) if need else None for need in needed)


def _check(inputs: Sequence[Tensor], parameters: Gates, noise: Tensor, temperature: float) -> None:
    """Raise as `gumbel_gates` says."""
    check_sequence(inputs, "inputs")
    check_sequence(parameters, "parameters")
    check_same_length(parameters, "parameters", inputs, "inputs")
    hidden, first = 0, noise
    for layer, (x, eta) in enumerate(zip(inputs, parameters, strict=True)):
        check_tensor(x, "inputs", layer)
        check_sequence(eta, "parameters", layer)
        if len(eta) != 5:
            raise ValueError(f"parameters[{layer}]: expected 5 tensors, W, b, a, V and c, got {len(eta)}")
        for t, tensor in enumerate(eta):
            check_tensor(tensor, "parameters", layer, t)
        if layer == 0:
            hidden, first = eta[1].numel(), eta[0]
        size = x.numel()
        _check_place(x, (size,), first, "inputs", layer)
        for t, shape in enumerate(((hidden, size), (hidden,), (1,), (2, hidden), (2,))):
            if eta[t].dtype != first.dtype:
                expected = f"{first.dtype}, as parameters[0][0] has"
                raise TypeError(f"parameters[{layer}][{t}]: expected {expected}, got {eta[t].dtype}")
            _check_place(eta[t], shape, first, "parameters", layer, t)
    check_tensor(noise, "noise")
    _check_place(noise, (len(inputs), 2), first, "noise")
    if check_finite(temperature, "temperature") <= 0:
        raise ValueError(f"temperature: expected a positive number, got {temperature}")


def _check_place(tensor: Tensor, shape: tuple[int, ...], first: Tensor, name: str, *index: int) -> None:
    """Raise unless the tensor has this shape and is where the first parameter is."""
    if tensor.shape != shape:
        raise ValueError(f"{label(name, index)}: expected shape {shape}, got {tuple(tensor.shape)}")
    if tensor.device != first.device:
        expected = f"a tensor on {first.device}, as parameters[0][0] is"
        raise ValueError(f"{label(name, index)}: expected {expected}, got one on {tensor.device}")


def gumbel_gates(inputs: Sequence[Tensor], parameters: Gates, noise: Tensor, temperature: float) -> Tensor:
    """The gates r_l = Γ(ḡ_l; η_l) of all layers (FaMUS, Eq. 8), Γ of two fully connected layers.

        z_l = V_l PReLU(W_l x_l + b_l; a_l) + c_l                                                  logits
        d_l = (z_l + noise_l)[1] - (z_l + noise_l)[0]
        s_l = 1 / (1 + exp(-d_l / τ))                                                              soft sample
        r_l = 1 where d_l > 0, 0 elsewhere                                                         hard sample

    with the gradient of s straight through r: the Gumbel-softmax of Jang et al., 2017, for Gumbel noise, and the larger
    logit's decision for zeros. Sums are formed in float32, for float64 in float64, also under autocast, in an order
    that depends on the sizes alone: the same input gives the same bits. Differentiable any number of times in x and η;
    the first derivative is a kernel, others are the definition's.

    Args:
        inputs: L tensors x_l [D_l] of float16, bfloat16, float32 or float64: ḡ_l. Not written to.
        parameters: L lists η_l of W [H, D_l], b [H], a [1], V [2, H] and c [2], as the parameters of
            Sequential(Linear, PReLU, Linear) come; all of one dtype and device, of any strides, H the same for all.
        noise: [L, 2], a constant.
        temperature: τ, positive.

    Returns:
        r [L] of 0 and 1, of the dtype of η; NaN where the difference of the logits is.

    Raises:
        TypeError: an argument of the wrong type; a tensor that is not strided or not of the four dtypes; parameters of
            two dtypes.
        ValueError: different lengths; another shape; more than one device; a meta tensor; a pending negation; a
            temperature that is not positive and finite.
    """
    _check(inputs, parameters, noise, temperature)
    if not inputs:
        return noise.new_zeros(0)
    gates, noise = [(x, *eta) for x, eta in zip(inputs, parameters, strict=True)], noise.detach()
    dtype, device = gates[0][1].dtype, gates[0][1].device
    if not _native.runs_native("gumbel_gates", device):
        return gumbel_gates_reference(gates, noise, temperature).to(dtype)
    tensors = list(chain.from_iterable(gates))
    if torch.is_grad_enabled() and any(t.requires_grad for t in tensors):
        r: Tensor = _GumbelGates.apply(noise, temperature, *tensors)  # type: ignore[no-untyped-call]
    else:
        r, _, _ = _launch(gates, noise, temperature)
    return r.to(dtype)
