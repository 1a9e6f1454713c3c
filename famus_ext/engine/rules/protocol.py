"""What every rule takes and gives, and how it reads a node."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from torch import Tensor
from torch.autograd.function import BackwardCFunction
from torch.autograd.graph import Node

Tangents: TypeAlias = tuple[Tensor | None, ...]
Rule: TypeAlias = Callable[[Node, Tangents], Tangents]
PairRule: TypeAlias = Callable[[Node, Node, Tangents], Tangents]


def saved(node: Node, name: str) -> Any:
    """What the forward pass saved under this name; autograd raises if it was freed or changed in place since."""
    return getattr(node, f"_saved_{name}")


def saved_dimension(node: Node, name: str) -> int:
    """A saved dimension, which autograd returns as an unsigned 64-bit number (-1 as 2⁶⁴ - 1)."""
    return signed(saved(node, name))


def signed(value: int) -> int:
    """An unsigned 64-bit number read as signed."""
    return value - 2**64 if value >= 2**63 else value


def output_shape(node: Node) -> tuple[int, ...]:
    """Shape of the node's first output."""
    return tuple(node._input_metadata[0].shape)


def pull(node: Node, *cotangents: Tensor) -> tuple[Tensor | None, ...]:
    """Jᵀ v: the node's own backward, one entry for each of the node's inputs."""
    if not isinstance(node, BackwardCFunction):
        pulled = node(*cotangents)  # type: ignore[operator]
        return pulled if isinstance(pulled, tuple) else (pulled,)
    # A Function written in Python answers for all its arguments; the graph has edges for the tensors among them.
    answers = node.apply(*cotangents)
    answers = answers if isinstance(answers, tuple) else (answers,)
    wanted = iter([a for a, needed in zip(answers, node.needs_input_grad, strict=True) if needed])
    return tuple(None if child is None else next(wanted) for child, _ in node.next_functions)


def add_tangents(*terms: Tensor | None) -> Tensor | None:
    """Sum of the terms that are there."""
    total: Tensor | None = None
    for term in terms:
        if term is not None:
            total = term if total is None else total + term
    return total
