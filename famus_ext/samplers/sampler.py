"""What a sampler is to the engine: a module from pooled gradients to gates."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from famus_ext.network.layers import Layer, trainable
from famus_ext.network.layers import layers as list_layers


class Sampler(nn.Module):
    """Base of the samplers: gates fixed by the layers alone.

    Args:
        layers: The layers to gate, as `famus_ext.layers` lists them (in the order of execution, by tensor, or some of
            them only); None is all of the model's, in the order of registration.

    Attributes:
        learned: Whether the gates depend on parameters η, which then get gradients.
        reads_gradients: Whether the gates depend on the pooled gradients.
        credit_inactive: Whether a learned gate that is 0 has a gradient from ⟨u_l, g_l⟩.
        expected_layers: K of L_r (Eq. 10), for a learned sampler.
    """

    learned = False
    reads_gradients = False
    credit_inactive = False
    expected_layers = 0.0

    def __init__(self, layers: Sequence[Layer] | None = None) -> None:
        super().__init__()
        self.layers = None if layers is None else tuple(layers)

    def layers_of(self, model: nn.Module) -> tuple[Layer, ...]:
        """The layers of this model that the sampler gates.

        Raises:
            ValueError: The sampler was built for another model.
        """
        if self.layers is None:
            return list_layers(model)
        missing = {name for layer in self.layers for name in layer.parameters} - trainable(model).keys()
        if missing:
            raise ValueError(
                f"sampler: built for a model with a trainable parameter {min(missing)!r}, which this model lacks"
            )
        return self.layers

    def candidates(self, found: Sequence[Layer]) -> Sequence[int]:
        """Indices of the layers whose gate can be 1."""
        raise NotImplementedError

    def forward(self, found: Sequence[Layer], pooled: Sequence[Tensor]) -> Tensor:
        """Gates r [L] for the layers, from their pooled gradients ḡ_l [D_l]."""
        gates = torch.zeros(len(found))
        gates[list(self.candidates(found))] = 1
        return gates
