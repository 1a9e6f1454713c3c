"""A choice among the layers of a network: by number, by name, or the layers themselves."""

from __future__ import annotations

from collections.abc import Sequence

from torch import nn

from famus_ext._checks import check_positive_integer, check_sequence
from famus_ext.network.layers import Layer, layers, trainable

LayerSelection = int | Sequence[str | Layer]
"""The last k layers, or some of them: names as `famus_ext.layers` gives them, or its entries."""


def select_layers(model: nn.Module, selection: LayerSelection) -> tuple[Layer, ...]:
    """The layers selected, in the order of the selection.

    Args:
        model: The network.
        selection: An integer k is the last k layers in the order of registration, all of them in a network that has
            fewer. In a list, a name stands for the module of that name with its own parameters, and a `Layer` for
            itself (one tensor, say, or of a list in the order of execution).

    Raises:
        TypeError: The selection, or an entry of it, is of another type.
        ValueError: It is empty, a layer is not in the model, or a parameter is selected twice.
    """
    if isinstance(selection, int):
        return layers(model)[-check_positive_integer(selection, "layers") :]
    if isinstance(selection, str):
        raise TypeError(f"layers: expected an integer or a list of layers, got the string {selection!r}")
    check_sequence(selection, "layers")
    known = {layer.name: layer for layer in layers(model)}
    chosen = tuple(_look_up(entry, index, known) for index, entry in enumerate(selection))
    if not chosen:
        raise ValueError("layers: expected at least one layer, got none")
    parameters = [name for layer in chosen for name in layer.parameters]
    missing = set(parameters) - trainable(model).keys()
    if missing:
        raise ValueError(f"layers: expected trainable parameters of the model, got {min(missing)!r}")
    twice = [name for index, name in enumerate(parameters) if name in parameters[:index]]
    if twice:
        raise ValueError(f"layers: expected every parameter at most once, got {twice[0]!r} twice")
    return chosen


def _look_up(entry: object, index: int, known: dict[str, Layer]) -> Layer:
    """The layer that an entry of the selection stands for."""
    if isinstance(entry, Layer):
        return entry
    if not isinstance(entry, str):
        raise TypeError(f"layers[{index}]: expected a layer or its name, got {type(entry).__name__}")
    if entry not in known:
        raise ValueError(f"layers[{index}]: expected one of {', '.join(known)}, got {entry!r}")
    return known[entry]
