"""The virtual step of the paper with learning rates that are tensors, so that a recorded step follows a schedule."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from famus_ext.engine.pooling import pool_gradients
from famus_ext.engine.updates.protocol import VirtualStep


class HeldGradientStep:
    """ŵ = w - α g (FaMUS, Eq. 3), α read from the device; to rounding what `GradientStep` does.

    Args:
        rates: α by parameter name.
        device: Where the parameters are.
    """

    def __init__(self, rates: Mapping[str, float], device: torch.device) -> None:
        self._given = dict(rates)
        self._rates = torch.tensor(list(rates.values()), dtype=torch.float64, device=device).unbind()

    def set_rates(self, rates: Mapping[str, float]) -> None:
        """Take other learning rates from now on, without a copy from the host, which would wait for the device."""
        if rates != self._given:
            torch._foreach_zero_(self._rates)
            torch._foreach_add_(self._rates, [rates[name] for name in self._given])
            self._given = dict(rates)

    @torch.no_grad()
    def __call__(
        self, parameters: dict[str, Tensor], gradients: Mapping[str, Tensor | None], kept: list[str]
    ) -> VirtualStep:
        """ŵ, and ḡ from a second read of g."""
        # Beside a parameter without dimensions, float64 rates would give float64.
        rates = {
            name: rate if parameters[name].dim() else rate.to(parameters[name].dtype)
            for name, rate in zip(self._given, self._rates, strict=True)
        }
        weights = {
            name: w.detach() if (g := gradients[name]) is None else torch.addcmul(w, g, rates[name], value=-1)
            for name, w in parameters.items()
        }
        factors: dict[str, float | Tensor] = {name: -rates[name] for name in kept}
        return VirtualStep(weights, pool_gradients(gradients, parameters), factors)
