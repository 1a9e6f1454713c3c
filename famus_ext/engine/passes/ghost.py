"""Products with each example's own gradient, from what the layers saw: for networks that do not mix their examples."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.autograd.graph import GradientEdge

from famus_ext.engine.batches import TrainingBatch
from famus_ext.engine.head import TrainingHead
from famus_ext.engine.passes.coupling import row_orders
from famus_ext.engine.passes.parameter_pulls import pull_parameters
from famus_ext.engine.passes.protocol import Gradients, Tangents
from famus_ext.engine.passes.recorded import RecordedPass
from famus_ext.engine.passes.row_order import RowOrder
from famus_ext.engine.passes.scales import WAY_OUT, example_scales, require_weighted_losses
from famus_ext.engine.passes.sites import Site, find_sites, gradients_of_sites
from famus_ext.network.layers import trainable


class GhostPass(RecordedPass):
    """One backward of the unweighted losses L_i, whose derivatives y'_i at every site are kept.

    Where the meta model weights losses, ∂ℓ/∂z_i = s_i(θ) ∂L_i/∂z_i, and no example depends on another, all else follows
    from x_i, y'_i and the scales s:

        g    = Σ_i s_i x_i ⊗ y'_i                              one weight gradient, 1 f
        J t  ∥ ∂L/∂z, with ⟨∂L_i/∂z_i, ż_i⟩ = Σ_sites ⟨ẏ_i, y'_i⟩, where ẏ moves with the site's own parameters alone
                                                                 one forward of every layer by itself, 1 f
        Actual-Train: g again, with the new scales              1 f

    `pushforward` returns that part of ż which a gradient for θ depends on: its projection on the slopes ∂L_i/∂z_i.

    Args:
        batch: The training batch.
        approximate: Do not ask whether examples depend on one another. Where they do, g and J t lack the part of an
            example's gradient that comes of its effect on the others.
    """

    def __init__(self, batch: TrainingBatch, *, approximate: bool = False) -> None:
        super().__init__(batch)
        self._approximate = approximate
        names = {leaf: name for name, leaf in batch.leaves.items()}
        self._sites = find_sites(self.logits, names)
        self._slopes = torch.empty(0)
        self._site_slopes: list[tuple[Site, Tensor, RowOrder]] = []

    def begin(self, head: TrainingHead) -> None:
        """One backward through the activations alone; no gradient of a weight is computed.

        Raises:
            ValueError: The meta model does not weight losses, or the network mixes its examples.
        """
        self._slopes = require_weighted_losses(head, trainable(head.meta_model))
        orders = row_orders(self.batch.model, self.logits, self._slopes, self._at_sites)
        for site, slope, order in zip(self._sites, self._at_sites(self._slopes), orders, strict=True):
            if slope is not None:
                self._site_slopes.append((site, slope, order or self._order_of_mixed(site, slope)))

    def gradients(self, cotangent: Tensor) -> Gradients:
        """G for a cotangent s_i ∂L_i/∂z_i."""
        scales = example_scales(cotangent, self._slopes)
        pulled = []
        for site, slope, order in self._site_slopes:
            cotangent_of_site = order.scaled(slope, scales.to(slope.dtype))
            pulled.append((site, pull_parameters(site.node, cotangent_of_site, site.slots)))
        return self.batch.with_leaves(lambda: gradients_of_sites(pulled, self.batch.leaves))

    @torch.no_grad()
    def pushforward(self, tangents: Tangents) -> Tensor:
        """The projection of J t on the slopes."""
        leaves = self.batch.leaves
        moving = {leaves[name]: tangent for name, tangent in tangents.items()}
        slopes = self._slopes
        dots = slopes.new_zeros(len(slopes), dtype=torch.promote_types(slopes.dtype, torch.float32))
        known: dict[torch.autograd.graph.Node, Tensor | None] = {}
        with torch.autocast(slopes.device.type, enabled=False):
            for site, slope, order in self._site_slopes:
                tangent = site.tangent(moving, known)
                if tangent is not None:
                    rows = (order.rows(factor, len(dots)).to(dots.dtype) for factor in (tangent, slope))
                    dots += torch.linalg.vecdot(*rows)
        lengths = slopes.flatten(1).square().sum(1, dtype=dots.dtype)
        shares = torch.where(lengths > 0, dots / lengths, torch.zeros_like(dots))
        return (slopes * shares.view(-1, *[1] * (slopes.dim() - 1))).to(slopes.dtype)

    def backward(self, cotangent: Tensor) -> None:
        """Add g to `.grad`."""
        for name, gradient in self.gradients(cotangent).items():
            parameter = self.batch.leaves[name]
            if gradient is not None:
                parameter.grad = gradient if parameter.grad is None else parameter.grad + gradient

    def _order_of_mixed(self, site: Site, slope: Tensor) -> RowOrder:
        """What to do at a site where the examples depend on one another."""
        if not self._approximate:
            raise ValueError(
                'engine: "ghost" needs a network that does not mix the examples of a batch; where '
                f"{' and '.join(site.names)} are used, the loss of one example depends on the others, as through "
                f'BatchNorm on batch statistics. {WAY_OUT}; or engine="ghost_approximate", which leaves that part out'
            )
        for order in RowOrder:
            if order.fits(slope, len(self.logits)):
                return order
        raise ValueError(
            f'engine: "ghost_approximate" needs activations with a dimension of the {len(self.logits)} examples; where '
            f"{' and '.join(site.names)} are used they have the shape {list(slope.shape)}. {WAY_OUT}"
        )

    def _at_sites(self, cotangent: Tensor) -> tuple[Tensor | None, ...]:
        """Jᵀ v at the output of every site."""
        edges = [GradientEdge(site.node, 0) for site in self._sites]
        found: tuple[Tensor | None, ...] = self.batch.with_leaves(
            lambda: torch.autograd.grad(self.logits, edges, cotangent, retain_graph=True, allow_unused=True)
        )
        return found
