"""What a sampler is to the engine: a module from pooled gradients to gates."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import torch
from torch import Tensor, nn

from famus_ext._checks import check_sequence
from famus_ext.network.layers import Layer, trainable
from famus_ext.network.layers import layers as list_layers


class Sampler(nn.Module):
    """Base of the samplers: gates r_l ∈ {0, 1}, fixed by the layers alone.

    In every step the engine asks `layers_of(model)` for the layers, `candidates` for those whose virtual gradient it
    must keep, and calls the module once for the gates, which it reads to the host. A subclass overrides `candidates`,
    and `forward` if its gates depend on more than the layers.

    Args:
        layers: The layers to gate, as `famus_ext.layers` lists them (in the order of execution, by tensor, or some of
            them only); None is all of the model's, in the order of registration. A layer that is not among them takes
            part in the virtual step, and no meta gradient is kept of it.

    Attributes:
        layers: The argument.
        learned: Whether the gates depend on parameters η, which then get gradients.
        reads_gradients: Whether the gates depend on the pooled gradients.
        credit_inactive: Whether a learned gate that is 0 has a gradient from ⟨u_l, g_l⟩. Then the meta pass goes down
            to the lowest candidate, otherwise to the lowest active layer.
        expected_layers: K of L_r (Eq. 10), for a learned sampler; the sum is over the gates of all layers.

    Raises:
        TypeError: `layers` is not a sequence of `Layer`.
        ValueError: `layers` is empty, or has a parameter twice.
    """

    learned = False
    reads_gradients = False
    credit_inactive = False
    expected_layers = 0.0

    def __init__(self, layers: Sequence[Layer] | None = None) -> None:
        super().__init__()
        self.layers = None if layers is None else _checked(layers)

    def layers_of(self, model: nn.Module) -> tuple[Layer, ...]:
        """The layers of this model that the sampler gates.

        Raises:
            TypeError: `model` is not a module.
            ValueError: The sampler was built for another model.
        """
        if not isinstance(model, nn.Module):
            raise TypeError(f"model: expected a torch.nn.Module, got {type(model).__name__}")
        if self.layers is None:
            return list_layers(model)
        missing = {name for layer in self.layers for name in layer.parameters} - trainable(model).keys()
        if missing:
            raise ValueError(
                f"sampler: built for a model with a trainable parameter {min(missing)!r}, which this model lacks"
            )
        return self.layers

    def candidates(self, found: Sequence[Layer]) -> Sequence[int]:
        """Indices of the layers whose gate can be 1, in rising order.

        Args:
            found: What `layers_of` gave.
        """
        raise NotImplementedError

    def forward(self, found: Sequence[Layer], pooled: Sequence[Tensor]) -> Tensor:
        """Gates r [L] in {0, 1}, a tensor on any device; of a learned sampler, differentiable in η.

        Args:
            found: What `layers_of` gave, L layers.
            pooled: Their pooled gradients ḡ_l [D_l] (Eq. 8), without a graph: the mean over all dimensions but the
                first of each of a layer's tensors, one tensor after the other.
        """
        return gates_at(self.candidates(found), len(found))


def gates_at(active: Iterable[int], count: int) -> Tensor:
    """Gates r [count], float32, that are 1 at the indices given."""
    gates = torch.zeros(count)
    gates[list(active)] = 1
    return gates


def _checked(layers: Sequence[Layer]) -> tuple[Layer, ...]:
    """The layers, each of them one and none with a parameter of another's."""
    check_sequence(layers, "layers")
    if not layers:
        raise ValueError("layers: expected at least one layer, got none")
    for index, layer in enumerate(layers):
        if not isinstance(layer, Layer):
            raise TypeError(f"layers[{index}]: expected a famus_ext.Layer, got {type(layer).__name__}")
    (name, times), *_ = Counter(name for layer in layers for name in layer.parameters).most_common(1) or [("", 0)]
    if times > 1:
        raise ValueError(f"layers: expected every parameter in one layer only, got {name!r} in {times}")
    return tuple(layers)
