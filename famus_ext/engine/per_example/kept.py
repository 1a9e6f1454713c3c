"""What the ghost engine keeps of a site: the slopes of its output, or the smaller gradients of each example."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor
from torch.autograd.graph import Node

from famus_ext.engine.per_example.node_dots import node_dots
from famus_ext.engine.per_example.parameter_pulls import pull_parameters
from famus_ext.engine.per_example.row_order import RowOrder
from famus_ext.engine.per_example.sites import Site
from famus_ext.engine.pushforward import pass_node
from famus_ext.engine.rules import operation
from famus_ext.engine.rules.protocol import Tangents, saved


class Kept(Protocol):
    """A site after the backward of the unweighted losses.

    Attributes:
        site: The site.
    """

    @property
    def site(self) -> Site:
        """The site."""

    def pull(self, scales: Tensor) -> dict[int, Tensor | None]:
        """Σ_i s_i of each example's own gradient, for every slot of the site."""

    def dots(self, moving: Mapping[Tensor, Tensor], known: dict[Node, Tangents], dtype: torch.dtype) -> Tensor | None:
        """The product [N] of each example's own gradients with the parameters' tangents; None if none moves."""


@dataclass(frozen=True)
class KeptSlopes:
    """y' [N ..., ...], the derivative of each example's loss at the output of the site, and where its examples are."""

    site: Site
    slopes: Tensor
    order: RowOrder
    size: int

    def pull(self, scales: Tensor) -> dict[int, Tensor | None]:
        """One backward of the site for its parameters alone, with scaled slopes."""
        return pull_parameters(self.site.node, self.order.scaled(self.slopes, scales), self.site.slots)

    def dots(self, moving: Mapping[Tensor, Tensor], known: dict[Node, Tangents], dtype: torch.dtype) -> Tensor | None:
        """⟨ẏ_i, y'_i⟩, where ẏ moves with the site's own parameters alone."""
        inputs = self.site.slot_tangents(moving, known)
        if all(t is None for t in inputs):
            return None
        dots = node_dots(self.site.node, inputs, self.slopes, self.order, self.size)
        if dots is not None:
            return dots.to(dtype)
        tangent = pass_node(self.site.node, inputs)[0]
        if tangent is None:
            return None
        rows = (self.order.rows(factor, self.size).to(dtype) for factor in (tangent, self.slopes))
        total: Tensor = torch.linalg.vecdot(*rows)
        return total


@dataclass(frozen=True)
class KeptGradients:
    """Each example's own gradient for every slot, [N, D]: for a scale and a shift, less than the activation by far."""

    site: Site
    gradients: dict[int, Tensor]

    def pull(self, scales: Tensor) -> dict[int, Tensor | None]:
        """Their weighted sums."""
        return {slot: scales.to(own.dtype) @ own for slot, own in self.gradients.items()}

    def dots(self, moving: Mapping[Tensor, Tensor], known: dict[Node, Tangents], dtype: torch.dtype) -> Tensor | None:
        """Their products with the tangents."""
        tangents = self.site.slot_tangents(moving, known)
        products = [
            (own @ tangent.flatten().to(own.dtype)).to(dtype)
            for slot, own in self.gradients.items()
            if (tangent := tangents[slot]) is not None
        ]
        return sum(products[1:], products[0]) if products else None


def keep(site: Site, slopes: Tensor, order: RowOrder, size: int) -> Kept:
    """Keep what takes the least memory and time."""
    own = None
    if operation(site.node) == "NativeGroupNorm" and order is RowOrder.LEADING and 0 not in site.slots:
        own = _group_norm_gradients(site.node, slopes, site.slots)
    return KeptSlopes(site, slopes, order, size) if own is None else KeptGradients(site, own)


@torch.no_grad()
def _group_norm_gradients(node: Node, slopes: Tensor, slots: tuple[int, ...]) -> dict[int, Tensor] | None:
    """Σ over positions of y' x̂ and of y', [N, C], in one pass over both; None where the layout is another.

    Seen as one example of N C channels in N G groups, the batch has no example left to sum over.
    """
    x, mean, inverse_std = (saved(node, name) for name in ("input", "result1", "result2"))
    if not x.is_contiguous():
        return None
    examples, channels, positions, groups = (saved(node, name) for name in ("N", "C", "HxW", "group"))
    shape = (1, examples * channels, positions)
    _, scale, shift = torch.ops.aten.native_group_norm_backward(
        *(tensor.to(mean.dtype).contiguous().view(shape) for tensor in (slopes, x)),
        # These gradients do not depend on the scale, but the kernel takes their shape from it.
        *(mean.reshape(1, -1), inverse_std.reshape(1, -1), mean.new_empty(examples * channels)),
        *(1, examples * channels, positions, examples * groups),
        [False, 1 in slots, 2 in slots],
    )
    return {slot: found.view(examples, channels) for slot, found in ((1, scale), (2, shift)) if slot in slots}
