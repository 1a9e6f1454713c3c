"""Losses that a meta model weights, ∂ℓ/∂z_i = s_i(θ) ∂L_i/∂z_i: what the ghost engine can work with."""

from __future__ import annotations

import torch
from torch import Tensor

from famus_ext.engine.head import TrainingHead

WAY_OUT = 'Way out: engine="pushforward", which asks nothing of the meta model and the network'


def require_weighted_losses(head: TrainingHead, theta: dict[str, Tensor]) -> Tensor:
    """The slopes ∂L_i/∂z_i [N, ...], if θ changes the cotangent ∂ℓ/∂z along them alone.

    Raises:
        ValueError: The meta model gives no loss for each example, or θ does more than to weight it.
    """
    slopes = head.slopes()
    if slopes is None:
        raise ValueError(
            f'engine: "ghost" needs a meta model that gives the loss of each example, {_name(head)} does not. {WAY_OUT}'
        )
    example_scales(head.cotangent.detach(), slopes)
    if head.cotangent.requires_grad:
        _require_parallel(head, slopes, theta)
    return slopes


@torch.no_grad()
def example_scales(cotangent: Tensor, slopes: Tensor) -> Tensor:
    """S [N] with cotangent_i = s_i slopes_i; zero where the slope is.

    Raises:
        ValueError: The cotangent has a part that is not along the slopes.
    """
    rows, directions = cotangent.flatten(1), slopes.flatten(1)
    lengths = directions.square().sum(1)
    scales = torch.where(lengths > 0, (rows * directions).sum(1) / lengths, torch.zeros_like(lengths))
    rest = (rows - scales[:, None] * directions).norm()
    # Non-finite values are reported where the loss is.
    if rest > _tolerance(slopes) * rows.norm():
        raise ValueError(
            'engine: "ghost" needs a training loss that is a weighted sum of the losses of the examples, and this one '
            f"holds more (a penalty, say). {WAY_OUT}"
        )
    return scales


def _require_parallel(head: TrainingHead, slopes: Tensor, theta: dict[str, Tensor]) -> None:
    """Probe ∂⟨∂ℓ/∂z, q⟩/∂θ with a q across the slopes: it must vanish."""
    rows = slopes.flatten(1)
    lengths = rows.norm(dim=1, keepdim=True)
    probe = torch.arange(rows.numel(), dtype=rows.dtype, device=rows.device).view(rows.shape).sin()
    along = rows / lengths.clamp(min=torch.finfo(rows.dtype).tiny)
    across = probe - along * (along * probe).sum(1, keepdim=True)
    answers = [
        torch.autograd.grad(
            head.cotangent, list(theta.values()), q.view_as(slopes), retain_graph=True, allow_unused=True
        )
        for q in (across, across + along)
    ]
    across_size, size = (sum((float(g.norm()) for g in answer if g is not None), 0.0) for answer in answers)
    if across_size > _tolerance(slopes) * size:
        raise ValueError(
            f'engine: "ghost" needs a meta model that weights the losses of the examples, and {_name(head)} changes '
            f"the losses themselves. {WAY_OUT}"
        )


def _tolerance(tensor: Tensor) -> float:
    """Well above rounding, well below what a part that is there adds."""
    return float(torch.finfo(tensor.dtype).eps ** 0.5)


def _name(head: TrainingHead) -> str:
    """The meta model's class."""
    return type(head.meta_model).__name__
