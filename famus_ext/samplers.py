"""Samplers: which layers' meta gradients are kept, r_l ∈ {0, 1} (FaMUS, Eq. 8 and 9).

A sampler is a module that maps the pooled gradients ḡ_l of all layers to gates r [L]. Its `candidates` are the layers
whose gate can be 1; nothing below the lowest of them is ever differentiated in the meta pass.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from famus_ext.network.layers import Granularity, Layer, layers


class Sampler(nn.Module):
    """Base of the samplers: gates fixed by the layers alone.

    Attributes:
        learned: Whether the gates depend on parameters η, which then get gradients.
        granularity: What a layer is (see `layers`).
    """

    learned = False
    granularity: Granularity = "module"

    def layers_of(self, model: nn.Module) -> tuple[Layer, ...]:
        """The layers that this sampler gates."""
        return layers(model, granularity=self.granularity)

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
        granularity: What a layer is.
    """

    def __init__(self, k: int, granularity: Granularity = "module") -> None:
        super().__init__()
        self.k = operator.index(k)
        self.granularity = granularity
        if self.k < 1:
            raise ValueError(f"k: expected at least 1, got {k}")

    def candidates(self, found: Sequence[Layer]) -> Sequence[int]:
        """The last k; all of them in a network that has fewer."""
        return range(max(len(found) - self.k, 0), len(found))


class Block(Sampler):
    """r_l = 1 for the layers of one block of the network, and no other (FaMUS, Table 4: "pre-specified block").

    Args:
        name: Qualified name of the block's module, "layer4.1" say.
    """

    def __init__(self, name: str) -> None:
        super().__init__()
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
        granularity: What a layer is.
    """

    learned = True

    def __init__(
        self,
        model: nn.Module,
        expected_layers: float = 4,
        *,
        hidden: int = 128,
        temperature: float = 1.0,
        credit_inactive: bool = True,
        granularity: Granularity = "module",
    ) -> None:
        super().__init__()
        if hidden < 1:
            raise ValueError(f"hidden: expected at least 1, got {hidden}")
        if not temperature > 0:
            raise ValueError(f"temperature: expected a positive number, got {temperature}")
        self.layers = layers(model, granularity=granularity)
        if not 0 < expected_layers <= len(self.layers):
            raise ValueError(
                f"expected_layers: expected a number in (0, {len(self.layers)}], the model's layers, "
                f"got {expected_layers}"
            )
        self.expected_layers = expected_layers
        self.temperature = temperature
        self.credit_inactive = credit_inactive
        self.granularity = granularity
        self.sizes = _pooled_sizes(model, self.layers)
        device = next(model.parameters()).device
        self.gates = nn.ModuleList(
            nn.Sequential(nn.Linear(size, hidden), nn.PReLU(), nn.Linear(hidden, 2)) for size in self.sizes
        ).to(device)

    def layers_of(self, model: nn.Module) -> tuple[Layer, ...]:
        """The layers that this sampler was built for, if they are the model's.

        Raises:
            ValueError: The sampler was built for another model.
        """
        found = layers(model, granularity=self.granularity)
        if found != self.layers or _pooled_sizes(model, found) != self.sizes:
            raise ValueError(
                f"sampler: built for a model with layers of {self.sizes} rows, named {_names(self.layers)}; this model "
                f"has layers of {_pooled_sizes(model, found)} rows, named {_names(found)}"
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


def _names(found: Sequence[Layer]) -> str:
    """The first few layers' names."""
    shown = [layer.name for layer in found[:4]]
    return ", ".join(shown) + (", ..." if len(found) > 4 else "")
