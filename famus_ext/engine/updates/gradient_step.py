"""The virtual step of the paper, one of plain gradient descent (FaMUS, Eq. 3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from famus_ext.engine.updates.protocol import VirtualStep
from famus_ext.ops import virtual_step


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
