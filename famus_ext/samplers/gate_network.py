"""Γ(·; η), the small networks that decide from a layer's pooled gradient whether it is active (FaMUS, Eq. 8)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.functional import linear, prelu
from torch.nn.utils import parameters_to_vector

from famus_ext.ops.gumbel_gates import gumbel_gates, straight_through

EPSILON = 1e-9  # added to the deviation, as in the authors' released code


class GateNetworks(nn.Module):
    """Γ(·; η_l) of G layers: FC [D_l, hidden], PReLU, ..., FC [hidden, 2], and the Gumbel-softmax.

    With two fully connected layers, the paper's number, all Γ are one op, `gumbel_gates`; with another, PyTorch runs
    them one by one.

    Args:
        sizes: D_l, the length of each layer's input.
        hidden: Width of the hidden layers.
        depth: Number of fully connected layers, at least 1.

    Attributes:
        eta: η, one vector: for each layer, one after another, the parameters of Sequential(Linear, PReLU, ..., Linear),
            which they start as. As tensors of their own, hundreds of them would cost autograd and the optimizer more
            time than Γ itself.
    """

    def __init__(self, sizes: Sequence[int], *, hidden: int, depth: int) -> None:
        super().__init__()
        networks = [_gate_network([size, *[hidden] * (depth - 1), 2]) for size in sizes]
        self.eta = nn.Parameter(parameters_to_vector([p for network in networks for p in network.parameters()]))
        self.depth = depth
        self._shapes = [[p.shape for p in network.parameters()] for network in networks]

    def __len__(self) -> int:
        """G."""
        return len(self._shapes)

    def by_layer(self) -> list[list[Tensor]]:
        """The parameters of each layer's Γ, views into η: W and b of the first FC, then a, W and b of each other."""
        parts = iter(self.eta.split_with_sizes([shape.numel() for shapes in self._shapes for shape in shapes]))
        return [[next(parts).view(shape) for shape in shapes] for shapes in self._shapes]

    def forward(self, inputs: Sequence[Tensor], noise: Tensor, temperature: float) -> Tensor:
        """The gates r [G] in {0, 1} that the Gumbel-softmax draws, in the dtype of η; straight through to η.

        Args:
            inputs: Each layer's, [D_l].
            noise: What is added to the logits, [G, 2].
            temperature: τ of the Gumbel-softmax.
        """
        if self.depth == 2:
            return gumbel_gates(inputs, self.eta, noise, temperature)
        return straight_through(self.logits(inputs), noise, temperature)

    def logits(self, inputs: Sequence[Tensor]) -> Tensor:
        """The logits [G, 2] of r_l = 0 and of r_l = 1, from each layer's input [D_l]; in the dtype of η."""
        with torch.autocast(self.eta.device.type, enabled=False):
            return torch.stack(
                [_logits(x.to(self.eta.dtype), *p) for x, p in zip(inputs, self.by_layer(), strict=True)]
            )

    def noise(self) -> Tensor:
        """Gumbel noise [G, 2] in the dtype of η: the numbers that `torch.nn.functional.gumbel_softmax` draws."""
        return -self.eta.new_empty(len(self), 2).exponential_().log()


def standardised(x: Tensor) -> Tensor:
    """(x - mean(x)) / (s(x) + ε), x [D] and s its unbiased deviation: zero mean and unit deviation.

    A constant x, and one of a single entry, which has no deviation, become zero. In float32 at least, since ε is no
    number in float16.
    """
    x = x.to(torch.promote_types(x.dtype, torch.float32))
    deviation, mean = torch.std_mean(x, correction=min(len(x) - 1, 1))
    return (x - mean) / (deviation + EPSILON)


def _logits(x: Tensor, weight: Tensor, bias: Tensor, *following: Tensor) -> Tensor:
    """Γ without the Gumbel-softmax: [2] of [D_l]."""
    x = linear(x, weight, bias)
    for slope, weight, bias in zip(*[iter(following)] * 3, strict=True):
        x = linear(prelu(x, slope), weight, bias)
    return x


def _gate_network(widths: Sequence[int]) -> nn.Sequential:
    """Fully connected layers between the widths, with a PReLU between one and the next."""
    network = nn.Sequential()
    for width, following in pairwise(widths):
        if len(network):
            network.append(nn.PReLU())
        network.append(nn.Linear(width, following))
    return network
