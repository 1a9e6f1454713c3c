"""The learned gradient sampler Γ(·; η) (FaMUS, Eq. 8)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor, nn

from famus_ext._checks import check_finite, check_flag, check_positive_integer, check_same_length
from famus_ext.network.layers import Layer
from famus_ext.network.layers import layers as list_layers
from famus_ext.samplers.gate_network import GateNetworks, standardised
from famus_ext.samplers.sampler import Sampler, gates_at
from famus_ext.samplers.selection import Selection, select
from famus_ext.samplers.variants import variant as variant_of

Shapes = tuple[tuple[torch.Size, ...], ...]


class GumbelSampler(Sampler):
    """The learned gradient sampler, r_l = Γ(ḡ_l; η_l) (FaMUS, Eq. 8).

    Γ is FC [D_l, hidden], PReLU, FC [hidden, 2] and the Gumbel-softmax (Jang et al., 2017), whose hard sample is r_l
    and whose soft one passes the gradient (straight-through). In evaluation mode the larger logit decides, without
    noise.

    Layers are selected by an integer (the last k), a list of names (of layers, or of modules above some), or a function
    of a `Layer` that is true for them. Arguments that are None are the variant's:

    |               | "paper"        | "released": the authors' code                     |
    |---------------|----------------|---------------------------------------------------|
    | `layers`      | modules        | tensors                                           |
    | `candidates`  | all            | 15, the last                                      |
    | `always_on`   | (), none       | 2, the last: the classifier's weight and bias     |
    | `depth`       | 2              | 3                                                 |
    | `summed`      | False          | True                                              |
    | `standardise` | False          | True                                              |
    | K counts      | every r_l      | the r_l of layers that have a Γ                   |

    Args:
        model: The network.
        expected_layers: K, the number of active layers that L_r asks for (Eq. 10).
        hidden: Width of Γ.
        temperature: τ of the Gumbel-softmax.
        depth: Number of Γ's fully connected layers; a PReLU is between one and the next.
        summed: Whether Γ reads the sum of a gradient's entries in each row, rather than their mean ḡ_l.
        standardise: Whether a layer's input to Γ is given zero mean and unit deviation.
        candidates: The layers with a Γ of their own. Of the others, the meta gradient is never kept: r_l = 0.
        always_on: The layers with r_l = 1 and no Γ, candidates or not.
        credit_inactive: Whether a gate that is 0 learns from ⟨u_l, g_l⟩ too. Without, the meta pass is differentiated
            down to the lowest active layer only, and such a gate learns from L_r alone.
        variant: "paper" or "released".
        layers: See `Sampler`.

    Attributes:
        expected_layers: K as L_r = (Σ_l r_l - K)² has it, the sum over all layers: in the released variant the argument
            and the number of layers that are always on.
        expected_gated: The number of active layers that L_r asks for among those with a Γ: in the released variant the
            argument.
        gates: The networks Γ, of the layers that have one.
        sizes: D_l of every layer.

    Raises:
        TypeError, ValueError: An argument does not fit; the message names it.
    """

    learned = True
    reads_gradients = True
    layers: tuple[Layer, ...]
    gated: Tensor
    ungated: Tensor
    entries: Tensor

    def __init__(
        self,
        model: nn.Module,
        expected_layers: float = 4,
        *,
        hidden: int = 128,
        temperature: float = 1.0,
        depth: int | None = None,
        summed: bool | None = None,
        standardise: bool | None = None,
        candidates: Selection | None = None,
        always_on: Selection | None = None,
        credit_inactive: bool = True,
        variant: Literal["paper", "released"] = "paper",
        layers: Sequence[Layer] | None = None,
    ) -> None:
        default = variant_of(variant)
        super().__init__(list_layers(model, granularity=default.granularity) if layers is None else layers)
        self._shapes = _shapes(model, super().layers_of(model))
        self.sizes = tuple(sum(map(_rows, shapes)) for shapes in self._shapes)
        self.temperature = check_finite(temperature, "temperature")
        if self.temperature <= 0:
            raise ValueError(f"temperature: expected a positive number, got {temperature}")
        self.summed = check_flag(default.summed if summed is None else summed, "summed")
        self.standardise = check_flag(default.standardise if standardise is None else standardise, "standardise")
        self.credit_inactive = check_flag(credit_inactive, "credit_inactive")
        self._gate_layers(
            default.candidates if candidates is None else candidates,
            default.always_on if always_on is None else always_on,
        )
        self._expect(expected_layers, counts_always_on=default.counts_always_on)
        self.gates = GateNetworks(
            [self.sizes[i] for i in self._with_gate],
            hidden=check_positive_integer(hidden, "hidden"),
            depth=check_positive_integer(default.depth if depth is None else depth, "depth"),
        )
        self.to(next(model.parameters()).device)

    def layers_of(self, model: nn.Module) -> tuple[Layer, ...]:
        """The layers that this sampler was built for, if they are the model's.

        Raises:
            TypeError: `model` is not a module.
            ValueError: The sampler was built for another model.
        """
        found = super().layers_of(model)
        for layer, built, there in zip(found, self._shapes, _shapes(model, found), strict=True):
            if built != there:
                raise ValueError(
                    f"sampler: built for a model with tensors of shape {_listed(built)} in the layer {layer.name!r}; "
                    f"this model's are {_listed(there)}"
                )
        return found

    def candidates(self, found: Sequence[Layer]) -> Sequence[int]:
        """The layers that have a Γ, and those that are always on."""
        return sorted((*self._with_gate, *self._always_on))

    def forward(self, found: Sequence[Layer], pooled: Sequence[Tensor]) -> Tensor:
        """Gates r [L] in {0, 1}, differentiable in η and of its dtype.

        Raises:
            ValueError: `pooled` is not one for each layer.
        """
        check_same_length(pooled, "pooled", self.layers, "sampler.layers")
        inputs = self._gate_inputs(pooled)
        if self.training:
            sampled = self.gates(inputs, self.gates.noise(), self.temperature)
        else:
            logits = self.gates.logits(inputs)
            sampled = (logits[:, 1] > logits[:, 0]).to(logits.dtype)
        return self.ungated.to(sampled.dtype).index_copy(0, self.gated, sampled)

    def _gate_inputs(self, pooled: Sequence[Tensor]) -> Sequence[Tensor]:
        """What each Γ reads, [D_l]."""
        inputs: Sequence[Tensor] = [pooled[i] for i in self._with_gate]
        if self.summed:
            inputs = (torch.cat(list(inputs)) * self.entries).split_with_sizes([len(x) for x in inputs])
        return [standardised(x) for x in inputs] if self.standardise else inputs

    def _gate_layers(self, candidates: Selection | None, always_on: Selection) -> None:
        """Note which layers have a Γ, and the gates of those that have none."""
        found = self.layers
        self._always_on = select(found, always_on, "always_on")
        chosen = range(len(found)) if candidates is None else select(found, candidates, "candidates")
        self._with_gate = tuple(i for i in chosen if i not in self._always_on)
        if not self._with_gate:
            raise ValueError("candidates: expected at least one layer that is not always on, got none")
        # Not saved, since they follow from the arguments.
        self.register_buffer("gated", torch.tensor(self._with_gate), persistent=False)
        self.register_buffer("ungated", gates_at(self._always_on, len(found)), persistent=False)
        shapes = [shape for i in self._with_gate for shape in self._shapes[i]]
        entries = [math.prod(shape[1:]) for shape in shapes for _ in range(_rows(shape))]
        self.register_buffer("entries", torch.tensor(entries), persistent=False)

    def _expect(self, expected_layers: float, *, counts_always_on: bool) -> None:
        """Note K, if some number of active gates meets it."""
        gated, on = len(self._with_gate), len(self._always_on)
        least = on if counts_always_on else 0
        if not least < check_finite(expected_layers, "expected_layers") <= least + gated:
            raise ValueError(
                f"expected_layers: expected a number in ({least}, {least + gated}], with {gated} layers to choose from "
                f"and {on} always on, got {expected_layers}"
            )
        self.expected_gated = expected_layers - least
        self.expected_layers = self.expected_gated + on


def _shapes(model: nn.Module, found: Sequence[Layer]) -> Shapes:
    """The shapes of every layer's tensors."""
    parameters = dict(model.named_parameters())
    return tuple(tuple(parameters[name].shape for name in layer.parameters) for layer in found)


def _rows(shape: torch.Size) -> int:
    """Length of the pooled gradient of a tensor."""
    return shape[0] if shape else 1


def _listed(shapes: Sequence[torch.Size]) -> str:
    """Shapes in words."""
    return " and ".join(str(list(shape)) for shape in shapes)
