"""What a meta-gradient computation returns, and the check that it is finite."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from famus_ext.errors import NonFiniteError
from famus_ext.network.layers import Layer


@dataclass(frozen=True)
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

    def check_finite(self) -> None:
        """Raise if a loss or a gradient is not finite.

        Raises:
            NonFiniteError: It names what was seen.
        """
        require_finite(
            {
                "the training loss": self.loss,
                "the meta loss": self.meta_loss,
                **{f"the meta gradient of {name}": grad for name, grad in self.grads.items()},
                **{f"the sampler's gradient of {name}": grad for name, grad in self.sampler_grads.items()},
            }
        )


def require_finite(values: Mapping[str, Tensor]) -> None:
    """Raise NonFiniteError if an entry of a tensor is NaN or infinite; one read from the device in all."""
    values = {name: value for name, value in values.items() if value.numel()}
    if not values:
        return
    largest = torch.stack([norm.float() for norm in torch._foreach_norm(list(values.values()), torch.inf)])
    if bool(largest.isfinite().all()):
        return
    name, entry = next((n, e) for n, e in zip(values, largest.tolist(), strict=True) if not math.isfinite(e))
    raise NonFiniteError(
        f"{name} is not finite (largest entry {entry}); it has not reached the network's parameters. Look for NaN or "
        "infinite inputs, a learning rate that is too high, or half precision without loss scaling"
    )
