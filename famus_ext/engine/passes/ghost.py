"""Products with each example's own gradient, from what the layers saw: for networks that do not mix their examples."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.autograd.graph import GradientEdge, Node

from famus_ext.engine.batches import TrainingBatch
from famus_ext.engine.head import TrainingHead
from famus_ext.engine.passes.protocol import Gradients, Tangents
from famus_ext.engine.passes.recorded import RecordedPass
from famus_ext.engine.per_example.coupling import Fit, fits_of_sites
from famus_ext.engine.per_example.kept import Kept, keep
from famus_ext.engine.per_example.row_order import RowOrder
from famus_ext.engine.per_example.scales import along, example_scales, require_slopes, require_weighting
from famus_ext.engine.per_example.sites import Site, find_sites, gradients_of_sites
from famus_ext.engine.per_example.way_out import WAY_OUT
from famus_ext.engine.rules.protocol import Tangents as NodeTangents
from famus_ext.errors import require_finite
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
        self._kept: list[Kept] = []

    def begin(self, head: TrainingHead) -> None:
        """One backward through the activations alone; no gradient of a weight is computed.

        Raises:
            ValueError: The meta model does not weight losses, or the network mixes its examples.
        """
        self._slopes = require_slopes(head)
        fits, probed = fits_of_sites(self.batch.model, head.meta_model, self.logits, self._sites, self._at_sites)
        if probed:
            require_weighting(head, self._slopes, trainable(head.meta_model))
        found = list(self._at_sites(self._slopes))
        for index, (site, fit) in enumerate(zip(self._sites, fits, strict=True)):
            # Dropped where something smaller is kept in its place.
            slopes, found[index] = found[index], None
            if slopes is not None:
                self._kept.append(keep(site, slopes, self._order(site, slopes, fit), len(self.logits)))

    def gradients(self, cotangent: Tensor) -> Gradients:
        """The gradient g for a cotangent s_i ∂L_i/∂z_i."""
        scales = example_scales(cotangent, self._slopes)
        return self._inside(
            lambda: gradients_of_sites([(kept.site, kept.pull(scales)) for kept in self._kept], self.batch.leaves)
        )

    def pushforward(self, tangents: Tangents) -> Tensor:
        """The projection of J t on the slopes."""
        dots = self._inside(lambda: self._dots({self.batch.leaves[name]: t for name, t in tangents.items()}))
        return along(dots, self._slopes)

    def backward(self, cotangent: Tensor) -> None:
        """Add g to `.grad`."""
        for name, gradient in self.gradients(cotangent).items():
            parameter = self.batch.leaves[name]
            if gradient is not None:
                parameter.grad = gradient if parameter.grad is None else parameter.grad + gradient

    @torch.no_grad()
    def _dots(self, moving: dict[Tensor, Tensor]) -> Tensor:
        """⟨∂L_i/∂z_i, ż_i⟩ [N] in at least float32."""
        dtype = torch.promote_types(self._slopes.dtype, torch.float32)
        total = torch.zeros(len(self._slopes), dtype=dtype, device=self._slopes.device)
        known: dict[Node, NodeTangents] = {}
        for kept in self._kept:
            dots = kept.dots(moving, known, dtype)
            if dots is not None:
                total += dots
        return total

    def _at_sites(self, cotangent: Tensor) -> tuple[Tensor | None, ...]:
        """Jᵀ v at the output of every site."""
        edges = [GradientEdge(site.node, 0) for site in self._sites]
        found: tuple[Tensor | None, ...] = self._inside(
            lambda: torch.autograd.grad(self.logits, edges, cotangent, retain_graph=True, allow_unused=True)
        )
        return found

    def _order(self, site: Site, slope: Tensor, fit: Fit) -> RowOrder:
        """The order to work in at a site, if there is one."""
        names = " and ".join(site.names)
        if fit.order is None:
            raise ValueError(
                f'engine: "ghost" needs activations with a dimension of the {len(self.logits)} examples; where {names} '
                f"are used they have the shape {list(slope.shape)}. {WAY_OUT}"
            )
        if not fit.exact and not self._approximate:
            # The probe's products are NaN then, whatever the network does.
            require_finite({"the logits": self.logits.detach(), f"the slope where {names} are used": slope})
            raise ValueError(
                f'engine: "ghost" needs a network that does not mix the examples of a batch; where {names} are used, '
                f"the loss of one example depends on the others, as through BatchNorm on batch statistics. {WAY_OUT}; "
                'or engine="ghost_approximate", which leaves that part out'
            )
        return fit.order
