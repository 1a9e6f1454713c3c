"""The layers of a network: what the gradient sampler gates, one r_l each (FaMUS, Eq. 8)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Literal, get_args

import torch
from torch import Tensor, nn

from famus_ext.network.buffers import buffer_copies
from famus_ext.network.forward import call_model, with_tensors
from famus_ext.network.graph import leaf_of, topological_order
from famus_ext.network.random_state import random_state, replayed

Granularity = Literal["module", "tensor"]


@dataclass(frozen=True)
class Layer:
    """One gated unit w_l: its name and the qualified names of its trainable parameters."""

    name: str
    parameters: tuple[str, ...]


def layers(model: nn.Module, *, granularity: Granularity = "module", example: Any = None) -> tuple[Layer, ...]:
    """List the layers l = 1..L of a network.

    A layer is a module together with the trainable parameters that it owns itself (weight and bias, say), or each of
    those tensors alone. Frozen parameters belong to no layer; a shared parameter belongs to the module that registered
    it first; one that is reparametrised belongs to its parametrisation.

    Args:
        model: Any network.
        granularity: "module" (the paper's layers) or "tensor" (the released code's).
        example: Inputs of a forward pass. With them the layers come in the order of execution, without them in the
            order of registration. The pass leaves buffers and random state as they were.

    Returns:
        The layers; the last one is the paper's layer L (Eq. 11).

    Raises:
        TypeError: `model` is not a module.
        ValueError: `granularity` is unknown, or no parameter is trainable.
    """
    if not isinstance(model, nn.Module):
        raise TypeError(f"model: expected a torch.nn.Module, got {type(model).__name__}")
    if granularity not in get_args(Granularity):
        raise ValueError(f"granularity: expected one of {get_args(Granularity)}, got {granularity!r}")
    names = list(trainable(model))
    if not names:
        raise ValueError("model: expected at least one parameter with requires_grad=True, got none")
    if granularity == "tensor":
        found = [Layer(name, (name,)) for name in names]
    else:
        owned = groupby(names, key=lambda name: name.rpartition(".")[0])
        found = [Layer(owner or "(root)", tuple(group)) for owner, group in owned]
    return tuple(found if example is None else _by_execution(found, model, example))


def trainable(module: nn.Module) -> dict[str, Tensor]:
    """The parameters of a module that require grad, by name."""
    return {name: parameter for name, parameter in module.named_parameters() if parameter.requires_grad}


def _by_execution(found: Sequence[Layer], model: nn.Module, example: Any) -> list[Layer]:
    """Sort layers by the first operation that uses one of their parameters; unused layers go first."""
    with replayed(random_state()), torch.enable_grad():
        outputs = with_tensors(model, buffer_copies(model), lambda: call_model(model, example))
    first_use: dict[Tensor, int] = {}
    for node in topological_order(outputs):
        for child, _ in node.next_functions:
            leaf = None if child is None else leaf_of(child)
            if leaf is not None:
                # Nodes are numbered as the forward pass creates them.
                use = node._sequence_nr()
                first_use[leaf] = min(use, first_use.get(leaf, use))
    parameters = dict(model.named_parameters())
    return sorted(found, key=lambda layer: min(first_use.get(parameters[name], -1) for name in layer.parameters))
