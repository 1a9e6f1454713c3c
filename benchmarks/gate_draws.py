"""The gates of a network's layers, drawn and differentiated: by the op, and layer by layer as PyTorch's modules do."""

from __future__ import annotations

import copy
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from famus_ext import layers, ops

HIDDEN = 128


class GateDraws:
    """Γ of every layer of a network, and what it is called with once.

    Attributes:
        entries: The number of the entries of η.
    """

    def __init__(self, model: nn.Module, device: torch.device, dtype: torch.dtype) -> None:
        parameters = dict(model.named_parameters())
        sizes = [sum(len(parameters[name]) for name in layer.parameters) for layer in layers(model)]
        gates = [nn.Sequential(nn.Linear(size, HIDDEN), nn.PReLU(), nn.Linear(HIDDEN, 2)) for size in sizes]
        self.gates = nn.ModuleList(gates).to(device, dtype)
        self.inputs = [torch.randn(size).to(device, dtype) for size in sizes]
        self.noise = -torch.empty(len(sizes), 2).exponential_().log().to(device, dtype)
        self.cotangent = torch.randn(len(sizes)).to(device, dtype)
        self.entries = sum(tensor.numel() for tensor in self.gates.parameters())

    def by_op(self) -> Sequence[Tensor]:
        """∂L/∂η through `gumbel_gates`."""
        with torch.enable_grad():
            eta = [(fc.weight, fc.bias, act.weight, out.weight, out.bias) for fc, act, out in self.gates]
            r = ops.gumbel_gates(self.inputs, eta, self.noise, 1.0)
            return torch.autograd.grad(r, [tensor for gate in eta for tensor in gate], self.cotangent)

    def by_layer(self) -> Sequence[Tensor]:
        """The same from a loop over the layers."""
        with torch.enable_grad():
            logits = torch.stack([gate(x) for gate, x in zip(self.gates, self.inputs, strict=True)])
            soft = (logits + self.noise).softmax(1)
            hard = torch.zeros_like(soft).scatter_(1, soft.argmax(1, keepdim=True), 1)
            r = (hard - soft.detach() + soft)[:, 1]
            return torch.autograd.grad(r, list(self.gates.parameters()), self.cotangent)

    def error(self) -> float:
        """Relative error of the op's gradient beside that of the loop in float64, in the 2-norm of them all."""
        exact = copy.copy(self)
        exact.gates = copy.deepcopy(self.gates).double()
        exact.inputs = [x.double() for x in self.inputs]
        exact.noise, exact.cotangent = self.noise.double(), self.cotangent.double()
        found, reference = (torch.cat([g.flatten().double() for g in f()]) for f in (self.by_op, exact.by_layer))
        return ((found - reference).norm() / reference.norm()).item()
