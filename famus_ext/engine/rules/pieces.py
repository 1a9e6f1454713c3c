"""Operations that take tensors apart, put them together or pick their entries: the same done to the tangents."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.autograd.graph import Node

from famus_ext.engine.rules.general import general
from famus_ext.engine.rules.protocol import Rule, Tangents, saved, saved_dimension, signed
from famus_ext.engine.rules.shapes import on_tangent


def apart(operation: Callable[[Node, Tensor], tuple[Tensor, ...]]) -> Rule:
    """The rule of an operation with one input and several outputs."""
    return lambda node, tangents: operation(node, tangents[0])  # type: ignore[arg-type]


def _split(node: Node, tangent: Tensor) -> tuple[Tensor, ...]:
    return torch.split(tangent, saved(node, "split_size"), saved_dimension(node, "dim"))


def _split_with_sizes(node: Node, tangent: Tensor) -> tuple[Tensor, ...]:
    return tangent.split_with_sizes([signed(s) for s in saved(node, "split_sizes")], saved_dimension(node, "dim"))


def _unbind(node: Node, tangent: Tensor) -> tuple[Tensor, ...]:
    return tangent.unbind(saved_dimension(node, "dim"))


def together(operation: Callable[..., Tensor]) -> Rule:
    """The rule of torch.cat or torch.stack; a part that does not move has a tangent of zeros."""

    def rule(node: Node, tangents: Tangents) -> Tangents:
        parts = list(tangents)
        for k, (child, slot) in enumerate(node.next_functions):
            if parts[k] is not None:
                continue
            if child is None:
                return general(node, tangents)  # nothing tells its shape
            part = child._input_metadata[slot]
            parts[k] = torch.zeros(part.shape, dtype=part.dtype, device=part.device)
        return (operation(parts, saved_dimension(node, "dim")),)

    return rule


def _index(node: Node, tangent: Tensor) -> Tensor:
    picked: Tensor = torch.ops.aten.index(tangent, list(saved(node, "indices")))
    return picked


def _index_select(node: Node, tangent: Tensor) -> Tensor:
    return tangent.index_select(saved_dimension(node, "dim"), saved(node, "index"))


def _gather(node: Node, tangent: Tensor) -> Tensor:
    return tangent.gather(saved_dimension(node, "dim"), saved(node, "index"))


def largest(node: Node, tangents: Tangents) -> Tangents:
    """ẋ at the positions of the maxima or minima along a dimension."""
    (tangent,) = tangents
    if tangent is None or not hasattr(node, "_saved_indices"):
        return general(node, tangents)
    dim, positions = saved_dimension(node, "dim"), saved(node, "indices")
    if saved(node, "keepdim") or tangent.dim() == 0:
        return (tangent.gather(dim, positions),)
    return (tangent.gather(dim, positions.unsqueeze(dim)).squeeze(dim),)


def extremum(node: Node, tangents: Tangents) -> Tangents:
    """The mean of ẋ over the entries that are as large, or small, as the largest or smallest."""
    (tangent,) = tangents
    x, found = saved(node, "self"), saved(node, "result")
    dims = [signed(d) for d in saved(node, "dim")] or list(range(x.dim()))
    if tangent is None or x.dim() == 0:
        return tangents
    keepdim = saved(node, "keepdim")
    if not keepdim:
        for dim in sorted(d % x.dim() for d in dims):
            found = found.unsqueeze(dim)
    ties = x == found
    return ((tangent * ties).sum(dims, keepdim) / ties.sum(dims, keepdim),)


def index_add(node: Node, tangents: Tangents) -> Tangents:
    """ẋ plus α ṡ at the rows that an index names; slots x, s."""
    return _added(node, tangents, torch.index_add, alpha=saved(node, "alpha"))


def scatter_add(node: Node, tangents: Tangents) -> Tangents:
    """ẋ plus ṡ at the entries that an index names; slots x, s."""
    return _added(node, tangents, torch.scatter_add)


def _added(node: Node, tangents: Tangents, operation: Callable[..., Tensor], **options: float) -> Tangents:
    x_dot, source_dot = tangents
    if source_dot is None:
        return (x_dot,)
    if x_dot is None:
        x_dot = source_dot.new_zeros(node._input_metadata[0].shape)
    return (operation(x_dot, saved_dimension(node, "dim"), saved(node, "index"), source_dot, **options),)


PIECE_RULES: dict[str, Rule] = {
    **dict.fromkeys(("Split", "UnsafeSplit"), apart(_split)),
    **dict.fromkeys(("SplitWithSizes", "UnsafeSplitWithSizes"), apart(_split_with_sizes)),
    "Unbind": apart(_unbind),
    "Cat": together(torch.cat),
    "Stack": together(torch.stack),
    "Index": on_tangent(_index),
    "IndexSelect": on_tangent(_index_select),
    "Gather": on_tangent(_gather),
    **dict.fromkeys(("Max", "Min"), largest),
    **dict.fromkeys(("Amax", "Amin"), extremum),
    "IndexAdd": index_add,
    "ScatterAdd": scatter_add,
}
