"""Γ(·; η), the small networks that decide from a layer's pooled gradient whether it is active (FaMUS, Eq. 8)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

from famus_ext.ops.gumbel_gates import gumbel_gates, straight_through

EPSILON = 1e-9  # added to the deviation, as in the authors' released code


class GateNetworks(nn.ModuleList):
    """Γ(·; η_l) of G layers: FC [D_l, hidden], PReLU, ..., FC [hidden, 2], and the Gumbel-softmax.

    Entry l is the `Sequential` of layer l. With two fully connected layers, the paper's number, all Γ are one op,
    `gumbel_gates`; with another, PyTorch runs them one by one.

    Args:
        sizes: D_l, the length of each layer's input.
        hidden: Width of the hidden layers.
        depth: Number of fully connected layers, at least 1.
    """

    def __init__(self, sizes: Sequence[int], *, hidden: int, depth: int) -> None:
        super().__init__(_gate_network([size, *[hidden] * (depth - 1), 2]) for size in sizes)
        self.depth = depth

    def forward(self, inputs: Sequence[Tensor], noise: Tensor, temperature: float) -> Tensor:
        """The gates r [G] in {0, 1} that the Gumbel-softmax draws, in the dtype of η; straight through to η.

        Args:
            inputs: Each layer's, [D_l].
            noise: What is added to the logits, [G, 2].
            temperature: τ of the Gumbel-softmax.
        """
        if self.depth == 2:
            return gumbel_gates(inputs, [_eta(*gate) for gate in self], noise, temperature)  # type: ignore[misc]
        return straight_through(self.logits(inputs), noise, temperature)

    def logits(self, inputs: Sequence[Tensor]) -> Tensor:
        """The logits [G, 2] of r_l = 0 and of r_l = 1, from each layer's input [D_l]; in the dtype of η."""
        dtype = self[0][0].weight.dtype  # type: ignore[index]
        with torch.autocast(inputs[0].device.type, enabled=False):
            return torch.stack([gate(x.to(dtype)) for gate, x in zip(self, inputs, strict=True)])

    def noise(self) -> Tensor:
        """Gumbel noise [G, 2] in the dtype of η: the numbers that `torch.nn.functional.gumbel_softmax` draws."""
        weight: Tensor = self[0][0].weight  # type: ignore[index,assignment]
        return -weight.new_empty(len(self), 2).exponential_().log()


def standardised(x: Tensor) -> Tensor:
    """(x - mean(x)) / (s(x) + ε), x [D] and s its unbiased deviation: zero mean and unit deviation.

    A constant x, and one of a single entry, which has no deviation, become zero. In float32 at least, since ε is no
    number in float16.
    """
    x = x.to(torch.promote_types(x.dtype, torch.float32))
    deviation, mean = torch.std_mean(x, correction=min(len(x) - 1, 1))
    return (x - mean) / (deviation + EPSILON)


def _eta(first: nn.Linear, activation: nn.PReLU, second: nn.Linear) -> tuple[Tensor, ...]:
    """The parameters as `gumbel_gates` takes them."""
    return first.weight, first.bias, activation.weight, second.weight, second.bias


def _gate_network(widths: Sequence[int]) -> nn.Sequential:
    """Fully connected layers between the widths, with a PReLU between one and the next."""
    network = nn.Sequential()
    for width, following in pairwise(widths):
        if len(network):
            network.append(nn.PReLU())
        network.append(nn.Linear(width, following))
    return network
