"""Γ(·; η), the small networks that decide from a layer's pooled gradient whether it is active (FaMUS, Eq. 8)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

EPSILON = 1e-9  # added to the deviation, as in the authors' released code


class GateNetworks(nn.ModuleList):
    """Γ(·; η_l) of G layers: FC [D_l, hidden], PReLU, ..., FC [hidden, 2].

    Entry l is the `Sequential` of layer l.

    Args:
        sizes: D_l, the length of each layer's input.
        hidden: Width of the hidden layers.
        depth: Number of fully connected layers, at least 1.
    """

    def __init__(self, sizes: Sequence[int], *, hidden: int, depth: int) -> None:
        super().__init__(_gate_network([size, *[hidden] * (depth - 1), 2]) for size in sizes)

    def forward(self, inputs: Sequence[Tensor]) -> Tensor:
        """The logits [G, 2] of r_l = 0 and of r_l = 1, from each layer's input [D_l]; in the dtype of η."""
        dtype = self[0][0].weight.dtype  # type: ignore[index]
        return torch.stack([gate(x.to(dtype)) for gate, x in zip(self, inputs, strict=True)])


def standardised(x: Tensor) -> Tensor:
    """(x - mean(x)) / (s(x) + ε), x [D] and s its unbiased deviation: zero mean and unit deviation.

    A constant x, and one of a single entry, which has no deviation, become zero. In float32 at least, since ε is no
    number in float16.
    """
    x = x.to(torch.promote_types(x.dtype, torch.float32))
    deviation, mean = torch.std_mean(x, correction=min(len(x) - 1, 1))
    return (x - mean) / (deviation + EPSILON)


def _gate_network(widths: Sequence[int]) -> nn.Sequential:
    """Fully connected layers between the widths, with a PReLU between one and the next."""
    network = nn.Sequential()
    for width, following in pairwise(widths):
        if len(network):
            network.append(nn.PReLU())
        network.append(nn.Linear(width, following))
    return network
