"""Samplers: which layers' meta gradients are kept, r_l ∈ {0, 1} (FaMUS, Eq. 8 and 9).

A sampler is a module that maps the pooled gradients ḡ_l of all layers to gates r [L]. Its `candidates` are the layers
whose gate can be 1; nothing below the lowest of them is ever differentiated in the meta pass.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from famus_ext._checks import check_finite, check_positive_integer
from famus_ext.network.layers import Layer, trainable
from famus_ext.network.layers import layers as list_layers


class Sampler(nn.Module):
    """Base of the samplers: gates fixed by the layers alone.

    Args:
        layers: The layers to gate, as `famus_ext.layers` lists them (in the order of execution, by tensor, or some of
            them only); None is all of the model's, in the order of registration.

    Attributes:
        learned: Whether the gates depend on parameters η, which then get gradients.
        credit_inactive: Whether a learned gate that is 0 has a gradient from ⟨u_l, g_l⟩.
        expected_layers: K of L_r (Eq. 10), for a learned sampler.
    """

    learned = False
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


class AllLayers(Sampler):
    """r_l = 1 for every layer: the meta gradient of the method as it was before FaMUS (Eq. 7)."""

    def candidates(self, found: Sequence[Layer]) -> Sequence[int]:
        """Every layer."""
        return range(len(found))


class LastLayers(Sampler):
    """r_l = 1 for the last k layers.

    Args:
        k: How many.
        layers: See `Sampler`.
    """

    def __init__(self, k: int, layers: Sequence[Layer] | None = None) -> None:
        super().__init__(layers)
        self.k = check_positive_integer(k, "k")

    def candidates(self, found: Sequence[Layer]) -> Sequence[int]:
        """The last k; all of them in a network that has fewer."""
        return range(max(len(found) - self.k, 0), len(found))


class Block(Sampler):
    """r_l = 1 for the layers of one block of the network, and no other (FaMUS, Table 4: "pre-specified block").

    Args:
        name: Qualified name of the block's module, "layer4.1" say.
        layers: See `Sampler`.
    """

    def __init__(self, name: str, layers: Sequence[Layer] | None = None) -> None:
        super().__init__(layers)
        if not isinstance(name, str):
            raise TypeError(f"name: expected a module's qualified name, got {type(name).__name__}")
        self.name = name

    def candidates(self, found: Sequence[Layer]) -> Sequence[int]:
        """The layers at or below the block's name."""
        inside = [i for i, layer in enumerate(found) if f"{layer.name}.".startswith(f"{self.name}.")]
        if not inside:
            known = ", ".join(layer.name for layer in found)
            raise ValueError(f"name: no trainable layer in the block {self.name!r}; the layers are {known}")
        return inside


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
