"""Clipping the gradient to a length, as `torch.nn.utils.clip_grad_norm_` does, and its derivative."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor

from famus_ext.ops.layer_dots import layer_dots

EPSILON = 1e-6
"""What `clip_grad_norm_` adds to the length before it divides."""


@dataclass(frozen=True)
class Clipping:
    """g' = c g with c = min(1, limit / (‖g‖ + ε)).

    Attributes:
        coefficient: c.
        norm: ‖g‖ over all parameters.
    """

    coefficient: float
    norm: float

    @classmethod
    def of(cls, norm: float, limit: float) -> Clipping:
        """The clipping of a gradient of this norm."""
        return cls(min(1.0, limit / (norm + EPSILON)), norm)

    def through_length(self, scaled: dict[str, Tensor], gradients: Mapping[str, Tensor | None]) -> dict[str, Tensor]:
        """(∂g'/∂g)ᵀ v from c v: where g was shortened, c v - g ⟨g, c v⟩ / (‖g‖ (‖g‖ + ε)).

        Both v and the derivative are of the parameters given alone; the others' gradients count as constants.
        """
        if self.coefficient == 1.0 or not scaled:
            return scaled
        known = {name: g for name in scaled if (g := gradients[name]) is not None}
        names = list(known)
        dot = layer_dots([[known[n] for n in names]], [[scaled[n] for n in names]])[0]
        share = dot / (self.norm * (self.norm + EPSILON))
        return {n: v - share.to(v.dtype) * known[n] if n in known else v for n, v in scaled.items()}
