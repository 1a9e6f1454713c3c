"""What an update of the weights is to the engines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from torch import Tensor

from famus_ext.engine.updates.clipping import Clipping


@dataclass(frozen=True)
class VirtualStep:
    """ŵ and how it depends on the virtual gradient g.

    Attributes:
        weights: ŵ by name.
        pooled: ḡ by name, [D] (Eq. 8).
        factors: The diagonal of ∂ŵ/∂g by name: a number, or a tensor of the parameter's shape.
        clipping: What was done to g before it moved the weights; None is nothing. The factors are those of the clipped
            gradient.
    """

    weights: dict[str, Tensor]
    pooled: dict[str, Tensor]
    factors: dict[str, float | Tensor]
    clipping: Clipping | None = None

    def scaled(self, u: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """(∂ŵ/∂g)ᵀ u by name, with the length of a clipped gradient held constant."""
        shrink = 1.0 if self.clipping is None else self.clipping.coefficient
        return {name: (self.factors[name] * shrink) * value for name, value in u.items()}

    def through_clipping(self, scaled: dict[str, Tensor], gradients: Mapping[str, Tensor | None]) -> dict[str, Tensor]:
        """What `scaled` lacks: how the length that g is clipped to depends on g itself."""
        return scaled if self.clipping is None else self.clipping.through_length(scaled, gradients)


class Update(Protocol):
    """A rule that moves the weights."""

    def __call__(
        self, parameters: dict[str, Tensor], gradients: Mapping[str, Tensor | None], kept: list[str]
    ) -> VirtualStep:
        """Move w by g; the factors are wanted for the parameters `kept`."""
