"""The virtual step of the paper, one of plain gradient descent (FaMUS, Eq. 3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from famus_ext.engine.updates.protocol import VirtualStep
from famus_ext.network.layers import trainable
from famus_ext.ops import virtual_step


def learning_rates(optimizer: Optimizer, model: nn.Module) -> dict[str, float]:
    """α by parameter name, of each parameter's group; a parameter that the optimizer does not hold does not move."""
    rates = {id(p): float(group["lr"]) for group in optimizer.param_groups for p in group["params"]}
    return {name: rates.get(id(p), 0.0) for name, p in trainable(model).items()}


@dataclass(frozen=True)
class GradientStep:
    """ŵ = w - α g; the network's own weights stay as they are.

    Attributes:
        rates: α by parameter name.
    """

    rates: dict[str, float]

    def __call__(
        self, parameters: dict[str, Tensor], gradients: Mapping[str, Tensor | None], kept: list[str]
    ) -> VirtualStep:
        """ŵ and ḡ from one read of g."""
        rates, moved = [self.rates[name] for name in parameters], [gradients[name] for name in parameters]
        with torch.no_grad():
            stepped, pooled = virtual_step(list(parameters.values()), moved, rates)
        return VirtualStep(
            weights=dict(zip(parameters, stepped, strict=True)),
            pooled=dict(zip(parameters, pooled, strict=True)),
            factors={name: -rate for name, rate in self.rates.items()},
        )
