"""What the layers of a network saw of every example, for networks that do not mix the examples of a batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import torch
from torch import Tensor
from torch.autograd.function import BackwardCFunction
from torch.autograd.graph import GradientEdge, Node

from famus_ext.engine.per_example.coupling import Fit, probe
from famus_ext.engine.per_example.node_dots import READERS
from famus_ext.engine.per_example.row_order import RowOrder
from famus_ext.engine.per_example.sites import Site, find_sites
from famus_ext.engine.rules import operation
from famus_ext.engine.rules.protocol import saved
from famus_ext.network.graph import leaf_of
from famus_ext.ops.geometry import Convolution, Embedding, Geometry, Linear, Normalisation

REARRANGED = {"Permute", "T", "ToCopy", "Transpose", "View"}
"""Operations between a parameter and its use that leave inner products of gradients as they are."""

WEIGHT_SLOTS = {"Addmm": 2, "Embedding": 0}
"""Where a node has its weight among its inputs; 1 for all others."""


class InseparableError(Exception):
    """Why single examples' gradients do not follow from what the layers saw."""


@dataclass(frozen=True)
class SeenByLayer:
    """One use of a layer's parameters.

    Attributes:
        layer: What it computes.
        x: Its input, [N, ...].
        slopes: y', the derivative of each example's loss at its output, [N, ...].
        weight: The name of the parameter that is its weight, table or scale; None if it has no gradient.
        bias: The same of its bias or shift.
    """

    layer: Geometry
    x: Tensor
    slopes: Tensor
    weight: str | None
    bias: str | None


Seen: TypeAlias = dict[tuple[str, ...], SeenByLayer]
"""Uses by the names of their parameters, as far as these are asked for."""


def seen_by_layers(losses: Tensor, leaves: Mapping[str, Tensor], names: Sequence[str]) -> Seen:
    """One backward of Σ_i L_i, up to every place where a parameter meets the examples; and a probe, which takes two.

    Args:
        losses: L [N], with their graph, which is kept.
        leaves: The parameters that the graph was recorded on, by name.
        names: Those whose gradients are asked for.

    Returns:
        The uses that the losses depend on, by those of the names that are their parameters.

    Raises:
        InseparableError: An example depends on others; a parameter is used at several places or in a way that
            `pairwise_gradient_dots` does not know.
    """
    # The casts that autocast made are in the graph, and it would add others.
    with torch.autocast(losses.device.type, enabled=False):
        return _read(losses, _sites(losses, leaves, names), names)


def _sites(losses: Tensor, leaves: Mapping[str, Tensor], names: Sequence[str]) -> list[Site]:
    """Where these parameters meet the examples, each at one place."""
    if not losses.requires_grad:
        raise InseparableError("the losses do not depend on the parameters")
    try:
        sites = find_sites(losses, {leaf: name for name, leaf in leaves.items()})
    except ValueError as error:
        raise InseparableError(str(error)) from None
    sites = [site for site in sites if not set(names).isdisjoint(site.names)]
    used = [name for site in sites for name in site.names]
    if len(set(used)) < len(used):
        raise InseparableError("a parameter is used at several places")
    return sites


def _read(losses: Tensor, sites: Sequence[Site], names: Sequence[str]) -> Seen:
    """Probe, differentiate, and read the sites."""
    edges = [GradientEdge(site.node, 0) for site in sites]
    if not edges:
        return {}

    def at_sites(cotangent: Tensor) -> tuple[Tensor | None, ...]:
        return torch.autograd.grad(losses, edges, cotangent, retain_graph=True, allow_unused=True)

    fits, certain = probe(losses, sites, at_sites, 1)
    if not certain or not all(fit.exact for fit in fits):
        raise InseparableError("the loss of one example depends on the others, as through BatchNorm in training mode")
    found = zip(sites, at_sites(torch.ones_like(losses)), fits, strict=True)
    return {
        tuple(name for name in site.names if name in names): _seen(site, slopes, fit, len(losses))
        for site, slopes, fit in found
        if slopes is not None
    }


@torch.no_grad()
def _seen(site: Site, slopes: Tensor, fit: Fit, size: int) -> SeenByLayer:
    """One site, read."""
    kind = operation(site.node)
    leaves = [_leaf(site.node.next_functions[slot][0], kind) for slot in site.slots]
    owners = dict(zip(site.slots, site.names, strict=True))
    if kind == "Add" and [leaf.shape for leaf in leaves] == [slopes.shape[-1:]] and saved(site.node, "alpha") == 1:
        # A bias that is added to a product by itself: a linear layer of no channels.
        x, slopes, layer = _by_example(slopes[..., :0], slopes, Linear(), fit.order, size)
        return SeenByLayer(layer, x, slopes, None, site.names[0])
    weight_slot = WEIGHT_SLOTS.get(kind, 1)
    if weight_slot not in owners:
        raise InseparableError(f"of {kind} the bias has a gradient and the weight has none")
    reader = None if isinstance(site.node, BackwardCFunction) else READERS.get(kind)
    tangents = site.slot_tangents({leaf: leaf.detach() for leaf in leaves}, {})
    seen = None if reader is None else reader(site.node, tangents)
    if seen is None or (seen.x.is_floating_point() and seen.x.dtype != slopes.dtype):
        raise InseparableError(f"a parameter is used by {kind}, whose gradient of an example is not known")
    bias = next((name for slot, name in owners.items() if slot != weight_slot), None)
    x, slopes, layer = _by_example(seen.x, slopes, seen.layer, fit.order, size)
    return SeenByLayer(layer, x, slopes, owners[weight_slot], bias)


def _leaf(node: Node | None, kind: str) -> Tensor:
    """The parameter behind an input that is nothing but its entries in another order."""
    while node is not None:
        leaf = leaf_of(node)
        if leaf is not None:
            return leaf
        if operation(node) not in REARRANGED:
            break
        node = node.next_functions[0][0]
    raise InseparableError(f"what {kind} uses is computed from a parameter")


def _by_example(
    x: Tensor, slopes: Tensor, layer: Geometry, order: RowOrder | None, size: int
) -> tuple[Tensor, Tensor, Geometry]:
    """The same with the examples first."""
    if order is RowOrder.LEADING and len(x) == len(slopes) == size:
        return x, slopes, layer
    if isinstance(layer, Linear | Embedding) and order is RowOrder.SECOND:
        return x.transpose(0, 1), slopes.transpose(0, 1), layer
    if isinstance(layer, Convolution) or order in (None, RowOrder.SECOND) or len(x) == 1:
        raise InseparableError("an example has several rows of a layer that takes one of each")
    if isinstance(layer, Normalisation):
        if len(layer.mean) != len(x):
            raise InseparableError("an example has several rows of a normalisation")
        mean, inverse_std = (_rows_apart(t, order, size) for t in (layer.mean, layer.inverse_std))
        layer = Normalisation(mean, inverse_std, layer.weight_shape)
    return _rows_apart(x, order, size), _rows_apart(slopes, order, size), layer


def _rows_apart(rows: Tensor, order: RowOrder | None, size: int) -> Tensor:
    """An activation [N k, ...] as [N, k, ...]."""
    if order is RowOrder.LEADING:
        return rows.reshape(size, -1, *rows.shape[1:])
    return rows.reshape(-1, size, *rows.shape[1:]).transpose(0, 1)
