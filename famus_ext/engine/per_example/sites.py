"""The sites of a network: the nodes of its autograd graph at which parameters meet the examples."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.autograd.graph import GradientEdge, Node

from famus_ext.engine.per_example.row_order import RowOrder
from famus_ext.engine.per_example.way_out import WAY_OUT
from famus_ext.engine.pushforward import pass_node
from famus_ext.engine.rules import operation
from famus_ext.engine.rules.protocol import Tangents, add_tangents, output_shape
from famus_ext.network.graph import leaf_of, topological_order

ALWAYS = {
    "Convolution",
    "Addmm",
    "Mm",
    "Linear",
    "Embedding",
    "NativeBatchNorm",
    "CudnnBatchNorm",
    "NativeLayerNorm",
    "NativeGroupNorm",
    "FusedRmsNorm",
}
"""Operations that take examples even where the graph shows none, because the network's input needs no gradient."""


@dataclass(frozen=True)
class Site:
    """One node with parameters among its inputs.

    Attributes:
        node: The node; its first output is what the examples are passed on by.
        slots: Those of its inputs that depend on parameters alone.
        names: The parameters that they depend on.
    """

    node: Node
    slots: tuple[int, ...]
    names: tuple[str, ...]

    def slot_tangents(self, tangents: Mapping[Tensor, Tensor], known: dict[Node, Tangents]) -> Tangents:
        """The tangent of every input when the parameters alone move.

        `known` keeps the tangents of nodes between parameter and site, which sites may share.
        """
        edges = self.node.next_functions
        return tuple(
            _branch_tangent(edges[slot], tangents, known) if slot in self.slots else None for slot in range(len(edges))
        )


def find_sites(outputs: Tensor, names: Mapping[Tensor, str]) -> list[Site]:
    """All sites below the outputs [N, ...], for parameters given as leaves with their names.

    A node that depends on parameters alone (a transposed or normalised weight) is no site, but belongs to the site that
    takes it.

    Raises:
        ValueError: Parameters meet the examples in a way that a site cannot describe.
    """
    order, size = topological_order(outputs), len(outputs)
    parametric: dict[Node, tuple[str, ...]] = {}
    sites: dict[Node, Site] = {}
    for node in order:
        leaf = leaf_of(node)
        if leaf is not None:
            if leaf in names:
                parametric[node] = (names[leaf],)
            continue
        children = [child for child, _ in node.next_functions]
        slots = tuple(slot for slot, child in enumerate(children) if child in parametric)
        if not slots:
            continue
        found = tuple(name for slot in slots for name in parametric[children[slot]])  # type: ignore[index]
        if any(child is not None and child not in parametric for child in children) or _takes_examples(node, size):
            sites[node] = Site(node, slots, found)
        else:
            parametric[node] = found
    _require_describable(outputs, order, sites, parametric)
    return list(sites.values())


def _takes_examples(node: Node, size: int) -> bool:
    """Whether a node takes examples that the graph does not show, since the network's input needs no gradient."""
    # A table of positions that is looked up has no dimension for the examples.
    shape = output_shape(node)
    return operation(node) in ALWAYS and any(row_order.fits(shape, size) for row_order in RowOrder)


def _require_describable(
    outputs: Tensor, order: list[Node], sites: Mapping[Node, Site], parametric: Mapping[Node, tuple[str, ...]]
) -> None:
    """Raise unless every site has one output that is used, which is real, and the outputs depend on examples."""
    root = order[-1]
    used = [(root, outputs.output_nr), *(edge for node in order for edge in node.next_functions)]
    for node, nr in used:
        if node is not None and node in sites and (nr or node._input_metadata[nr].dtype.is_complex):
            kind = "several outputs" if nr else "complex outputs"
            names = " and ".join(sites[node].names)
            raise ValueError(f'engine: "ghost" cannot take a layer with {kind}, as where {names} are used. {WAY_OUT}')
    if root in parametric:
        names = " and ".join(parametric[root])
        raise ValueError(f'engine: "ghost" cannot tell where {names} meet the examples. {WAY_OUT}')


def gradients_of_sites(
    pulled: list[tuple[Site, dict[int, Tensor | None]]], leaves: Mapping[str, Tensor]
) -> dict[str, Tensor | None]:
    """Gradients of the parameters by name, summed over the sites, from those of the sites' slots."""
    total: dict[str, Tensor | None] = dict.fromkeys(leaves)
    names = {leaf: name for name, leaf in leaves.items()}
    edges, cotangents = [], []
    for site, answers in pulled:
        for slot, gradient in answers.items():
            if gradient is None:
                continue
            child, nr = site.node.next_functions[slot]
            leaf = leaf_of(child)  # type: ignore[arg-type]
            if leaf is None:
                edges.append(GradientEdge(child, nr))  # type: ignore[arg-type]
                # A node may answer for what its input was broadcast to.
                cotangents.append(gradient.sum_to_size(tuple(child._input_metadata[nr].shape)))  # type: ignore[union-attr]
            else:
                total[names[leaf]] = add_tangents(total[names[leaf]], gradient.sum_to_size(leaf.shape))
    if edges:
        found = torch.autograd.grad(edges, list(leaves.values()), cotangents, retain_graph=True, allow_unused=True)
        total = {name: add_tangents(total[name], more) for name, more in zip(leaves, found, strict=True)}
    return total


def _branch_tangent(
    edge: tuple[Node | None, int], tangents: Mapping[Tensor, Tensor], known: dict[Node, Tangents]
) -> Tensor | None:
    """The tangent of a slot: a parameter's, or that of what was computed from parameters."""
    node, nr = edge
    if node is None:
        return None
    leaf = leaf_of(node)
    if leaf is not None:
        return tangents.get(leaf)
    if node not in known:
        inputs = tuple(_branch_tangent(child, tangents, known) for child in node.next_functions)
        still = (None,) * len(node._input_metadata)
        known[node] = pass_node(node, inputs) if any(t is not None for t in inputs) else still
    return known[node][nr]
