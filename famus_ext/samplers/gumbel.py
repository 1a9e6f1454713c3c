"""The learned gradient sampler Γ(·; η) (FaMUS, Eq. 8)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from famus_ext._checks import check_finite, check_positive_integer
from famus_ext.network.layers import Layer
from famus_ext.network.layers import layers as list_layers
from famus_ext.samplers.sampler import Sampler


class GumbelSampler(Sampler):
    """The learned gradient sampler, r_l = Γ(ḡ_l; η_l) (FaMUS, Eq. 8).

    Γ is FC [D_l, hidden], PReLU, FC [hidden, 2] and the Gumbel-softmax (Jang et al., 2017), whose hard sample is r_l
    and whose soft one passes the gradient (straight-through). In evaluation mode the larger logit decides, without
    noise.

    Args:
        model: The network; each of its layers gets a Γ of its own.
        expected_layers: K, the number of active layers that L_r asks for (Eq. 10).
        hidden: Width of Γ.
        temperature: τ of the Gumbel-softmax.
        credit_inactive: Whether a gate that is 0 learns from ⟨u_l, g_l⟩ too. Without, the meta pass is differentiated
            down to the lowest active layer only, and such a gate learns from L_r alone.
        layers: See `Sampler`.
    """

    learned = True
    reads_gradients = True
    layers: tuple[Layer, ...]

    def __init__(
        self,
        model: nn.Module,
        expected_layers: float = 4,
        *,
        hidden: int = 128,
        temperature: float = 1.0,
        credit_inactive: bool = True,
        layers: Sequence[Layer] | None = None,
    ) -> None:
        super().__init__(list_layers(model) if layers is None else layers)
        check_positive_integer(hidden, "hidden")
        if not check_finite(temperature, "temperature") > 0:
            raise ValueError(f"temperature: expected a positive number, got {temperature}")
        if not 0 < check_finite(expected_layers, "expected_layers") <= len(self.layers):
            raise ValueError(
                f"expected_layers: expected a number in (0, {len(self.layers)}], the model's layers, "
                f"got {expected_layers}"
            )
        self.expected_layers = expected_layers
        self.temperature = temperature
        self.credit_inactive = credit_inactive
        self.sizes = _pooled_sizes(model, super().layers_of(model))
        device = next(model.parameters()).device
        self.gates = nn.ModuleList(
            nn.Sequential(nn.Linear(size, hidden), nn.PReLU(), nn.Linear(hidden, 2)) for size in self.sizes
        ).to(device)

    def layers_of(self, model: nn.Module) -> tuple[Layer, ...]:
        """The layers that this sampler was built for, if they are the model's.

        Raises:
            ValueError: The sampler was built for another model.
        """
        found = super().layers_of(model)
        if _pooled_sizes(model, found) != self.sizes:
            raise ValueError(
                f"sampler: built for a model with layers of {self.sizes} rows; this model's have "
                f"{_pooled_sizes(model, found)}"
            )
        return found

    def candidates(self, found: Sequence[Layer]) -> Sequence[int]:
        """Every layer."""
        return range(len(found))

    def forward(self, found: Sequence[Layer], pooled: Sequence[Tensor]) -> Tensor:
        """Gates r [L], in {0, 1} and differentiable in η."""
        dtype = self.gates[0][0].weight.dtype  # type: ignore[index]
        logits = torch.stack([gate(p.to(dtype)) for gate, p in zip(self.gates, pooled, strict=True)])  # [L, 2]
        if self.training:
            return functional.gumbel_softmax(logits, tau=self.temperature, hard=True)[:, 1]
        return logits.argmax(-1).to(dtype)


def _pooled_sizes(model: nn.Module, found: Sequence[Layer]) -> tuple[int, ...]:
    """D_l: the length of every layer's pooled gradient, one entry for each row of each of its tensors."""
    parameters = dict(model.named_parameters())
    return tuple(
        sum(parameters[name].shape[0] if parameters[name].dim() else 1 for name in layer.parameters) for layer in found
    )
