"""The training head: the training loss as a function of the logits and θ alone, cut off from the network."""

from __future__ import annotations

from copy import copy
from functools import cached_property

import torch
from torch import Tensor, nn

from famus_ext.meta_models import training_loss


class TrainingHead:
    """ℓ(z, y; θ) as a function of z and θ.

    Attributes:
        meta_model: Ψ.
        loss: What the meta model returned.
        cotangent: ∂ℓ/∂z [N, ...], differentiable in θ.
    """

    def __init__(self, meta_model: nn.Module, logits: Tensor, targets: object) -> None:
        self.meta_model = meta_model
        self.logits = logits.detach().requires_grad_()
        with torch.enable_grad():
            self.loss = training_loss(meta_model, self.logits, targets)  # type: ignore[arg-type]
            value = self.loss.value
            found: tuple[Tensor | None, ...] = (None,)
            if value.requires_grad:
                with self._outside_autocast():
                    found = torch.autograd.grad(value, self.logits, create_graph=True, allow_unused=True)
        if found[0] is None:
            raise ValueError("meta_model: its loss does not depend on the logits; was it detached?")
        self.cotangent = found[0]

    def meta_gradient(self, theta: dict[str, Tensor], logits_dot: Tensor) -> dict[str, Tensor]:
        """∇_θ ⟨∂ℓ/∂z, ż⟩, by name."""
        if not self.cotangent.requires_grad:
            raise ValueError("meta_model: the gradient of its loss does not depend on its parameters")
        with self._outside_autocast():
            found = torch.autograd.grad(
                self.cotangent, list(theta.values()), logits_dot, retain_graph=True, allow_unused=True
            )
        return {n: torch.zeros_like(p) if g is None else g for (n, p), g in zip(theta.items(), found, strict=True)}

    @cached_property
    def slopes(self) -> Tensor | None:
        """∂L_i/∂z_i of every example's own loss, [N, ...]; None where the meta model gives none."""
        losses = self.loss.losses
        if losses is None or not losses.requires_grad:
            return None
        with self._outside_autocast():
            (slopes,) = torch.autograd.grad(losses, self.logits, torch.ones_like(losses), retain_graph=True)
        return slopes

    def keep_slopes(self) -> None:
        """Compute the slopes now, for whoever asks later."""
        self.slopes  # noqa: B018

    def sample_dots(self, logits_dot: Tensor) -> Tensor | None:
        """c_i = -⟨∂L_i/∂z_i, ż_i⟩, [N]."""
        if self.slopes is None or self.loss.losses is None:
            return None
        return -(self.slopes * logits_dot).flatten(1).sum(1, dtype=self.loss.losses.dtype)

    def of_rows(self, rows: slice) -> TrainingHead:
        """The same loss, with the derivatives by the logits of some of the examples."""
        part = copy(self)
        part.cotangent, part.slopes = self.cotangent[rows], None if self.slopes is None else self.slopes[rows]
        return part

    def _outside_autocast(self) -> torch.autocast:
        """For backwards: the casts that autocast made are in the graph, and it would add others."""
        return torch.autocast(self.logits.device.type, enabled=False)
