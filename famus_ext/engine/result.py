"""What a meta-gradient computation returns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from torch import Tensor

from famus_ext.engine.passes.protocol import TrainingPass
from famus_ext.engine.shown import shown
from famus_ext.errors import require_finite
from famus_ext.network.layers import Layer


@dataclass(frozen=True, repr=False)
class MetaGradient:
    """The meta gradient of one batch, and what was seen on the way to it.

    Attributes:
        grads: ∂L/∂θ by parameter name of the meta model (Eq. 12).
        sampler_grads: ∂L/∂η by parameter name of the sampler; empty for a sampler that is not learned.
        layers: The network's layers, l = 1..L.
        gates: r [L] in {0, 1}, on the CPU for a sampler that is not learned.
        gate_grads: ∂L/∂r [L]; None for a sampler that is not learned.
        sample_dots: c [N], how much one unit of the weight of example i would lower L, from the layers kept:
            c_i = -⟨∂L_i/∂w, t⟩, which is α Σ_l r_l (1/M) Σ_j G_{i,j,l} (Eq. 7 and 9) plus what L_g adds. None where the
            meta model has no loss for each example.
        loss: ℓ(z, y; θ) at the θ given, 0-d.
        meta_loss: L_c, 0-d.
        weights: V [N] at the θ given; None where the meta model weights no examples.
        logits: z [N, ...], still attached to its graph, so that Actual-Train needs a second backward only. The graph
            lives as long as this tensor.
    """

    grads: dict[str, Tensor]
    sampler_grads: dict[str, Tensor]
    layers: tuple[Layer, ...]
    gates: Tensor
    gate_grads: Tensor | None
    sample_dots: Tensor | None
    loss: Tensor
    meta_loss: Tensor
    weights: Tensor | None
    logits: Tensor

    def __repr__(self) -> str:
        return shown(self)

    def check_finite(self, beside: Tensor | None = None) -> list[float]:
        """Raise if a loss or a gradient is not finite.

        Args:
            beside: Numbers [k] that are read from the device together with what is looked at.

        Returns:
            Those numbers.

        Raises:
            NonFiniteError: It names what was seen.
        """
        return require_finite(
            {
                "the training loss": self.loss,
                "the meta loss": self.meta_loss,
                **{f"the meta gradient of {name}": grad for name, grad in self.grads.items()},
                **{f"the sampler's gradient of {name}": grad for name, grad in self.sampler_grads.items()},
            },
            beside,
        )


class Computed(NamedTuple):
    """What an engine returns.

    Attributes:
        result: The meta gradient.
        training: The training pass that Actual-Train can go on with.
        products: What `check_adjoint` reads, [3]; None where nothing is to be checked.
    """

    result: MetaGradient
    training: TrainingPass
    products: Tensor | None = None
