"""The gates of a network's layers, drawn and differentiated, beside a loop over the layers."""

from collections.abc import Callable, Iterator
from functools import partial

import torch
from torch import Tensor
from torch.nn.functional import linear, prelu
from torch.nn.utils import parameters_to_vector

from contenders.case import Case, Families, total_bytes
from contenders.network import Network
from famus_ext import layers, ops

HIDDEN = 128
TEMPERATURE = 1.0


def cases(network: Network) -> Iterator[Case]:
    """Γ of every layer: the gates, and the gradient of its parameters."""
    model = network.model()
    parameters = dict(model.named_parameters())
    sizes = [sum(len(parameters[name]) for name in layer.parameters) for layer in layers(model)]
    inputs = [network.randn(size) for size in sizes]
    eta = [tensor for size in sizes for tensor in _parameters(network, size)]
    noise = -torch.empty(len(sizes), 2).exponential_().log().to(network.device, network.dtype)
    arguments = inputs, eta, [parameters_to_vector(eta)], [noise, network.randn(len(sizes))]
    yield Case(
        "gumbel_gates",
        f"{network.name}, {len(sizes)} layers",
        arguments,
        gradient_by_op,
        partial(gradients_by_layer, gates_by_layer),
        compiled=lambda: partial(gradients_by_layer, torch.compile(gates_by_layer, dynamic=False)),
        bytes=2 * total_bytes(eta),  # read forward, its gradient written backward
    )


def _parameters(network: Network, size: int) -> list[Tensor]:
    """W, b, a, V, c: entries of the size that keeps a logit's near 1."""
    W, V = network.randn(HIDDEN, size) * size**-0.5, network.randn(2, HIDDEN) * HIDDEN**-0.5
    return [W, network.randn(HIDDEN), network.randn(1), V, network.randn(2)]


def gradient_by_op(inputs: list[Tensor], eta: list[Tensor], vector: list[Tensor], rest: list[Tensor]) -> Families:
    """∂L/∂η through the op, η one vector; `rest` is the noise and the gates' cotangent."""
    noise, cotangent = rest
    with torch.enable_grad():
        leaf = vector[0].detach().requires_grad_()
        r = ops.gumbel_gates(inputs, leaf, noise, TEMPERATURE)
        return (list(torch.autograd.grad(r, leaf, cotangent)),)


def gradients_by_layer(
    gates: Callable[..., Tensor], inputs: list[Tensor], eta: list[Tensor], vector: list[Tensor], rest: list[Tensor]
) -> Families:
    """∂L/∂η through a loop over the layers, η a tensor for each W, b, a, V and c."""
    noise, cotangent = rest
    with torch.enable_grad():
        leaves = [tensor.detach().requires_grad_() for tensor in eta]
        r = gates(inputs, leaves, noise)
        return (list(torch.autograd.grad(r, leaves, cotangent)),)


def gates_by_layer(inputs: list[Tensor], eta: list[Tensor], noise: Tensor) -> Tensor:
    """The gates, r [L], from a loop."""
    parameters = zip(*[iter(eta)] * 5, strict=True)
    logits = [linear(prelu(linear(x, W, b), a), V, c) for x, (W, b, a, V, c) in zip(inputs, parameters, strict=True)]
    soft = ((torch.stack(logits) + noise) / TEMPERATURE).softmax(1)
    hard = torch.zeros_like(soft).scatter_(1, soft.argmax(1, keepdim=True), 1)
    return (hard - soft.detach() + soft)[:, 1]
