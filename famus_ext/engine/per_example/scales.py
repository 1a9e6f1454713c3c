"""Losses that a meta model weights, ∂ℓ/∂z_i = s_i(θ) ∂L_i/∂z_i: what the ghost engine can work with."""

from __future__ import annotations

import torch
from torch import Tensor

from famus_ext.engine.head import TrainingHead
from famus_ext.engine.per_example.way_out import WAY_OUT


def require_slopes(head: TrainingHead) -> Tensor:
    """The slopes ∂L_i/∂z_i [N, ...].

    Raises:
        ValueError: The meta model gives no loss for each example.
    """
    slopes = head.slopes
    if slopes is None:
        raise ValueError(
            f'engine: "ghost" needs a meta model that gives the loss of each example, {_name(head)} does not. {WAY_OUT}'
        )
    return slopes


@torch.no_grad()
def example_scales(cotangent: Tensor, slopes: Tensor) -> Tensor:
    """S [N] with cotangent_i = s_i slopes_i; zero where the slope is.

    Raises:
        ValueError: The cotangent has a part that is not along the slopes.
    """
    # Squares of small numbers in half precision are zero.
    kind = torch.promote_types(slopes.dtype, torch.float32)
    rows, directions = cotangent.flatten(1).to(kind), slopes.flatten(1).to(kind)
    scales = _divided((rows * directions).sum(1), directions.square().sum(1))
    rest = (rows - scales[:, None] * directions).norm()
    # Non-finite values are reported where the loss is.
    if rest > _tolerance(slopes) * rows.norm():
        raise ValueError(
            'engine: "ghost" needs a training loss that is a weighted sum of the losses of the examples, and this one '
            f"holds more (a penalty, say). {WAY_OUT}"
        )
    return scales


@torch.no_grad()
def along(dots: Tensor, slopes: Tensor) -> Tensor:
    """The multiples of the slopes [N, ...] whose products with them are `dots` [N]; zero where the slope is."""
    lengths = slopes.flatten(1).to(dots.dtype).square().sum(1)
    return (slopes * _divided(dots, lengths).view(-1, *[1] * (slopes.dim() - 1))).to(slopes.dtype)


def require_weighting(head: TrainingHead, slopes: Tensor, theta: dict[str, Tensor]) -> None:
    """Raise unless θ changes the cotangent ∂ℓ/∂z along the slopes alone.

    A probe: ∂⟨∂ℓ/∂z, q⟩/∂θ with a q across the slopes must vanish.

    Raises:
        ValueError: θ does more than to weight the losses.
    """
    if not head.cotangent.requires_grad:
        return
    rows = slopes.flatten(1)
    unit = rows / rows.norm(dim=1, keepdim=True).clamp(min=torch.finfo(rows.dtype).tiny)
    probe = torch.arange(rows.numel(), device=rows.device).sin().to(rows.dtype).view(rows.shape)
    across = probe - unit * (unit * probe).sum(1, keepdim=True)
    answers = [
        torch.autograd.grad(
            head.cotangent, list(theta.values()), q.view_as(slopes), retain_graph=True, allow_unused=True
        )
        for q in (across, across + unit)
    ]
    across_size, size = (sum((float(g.norm()) for g in answer if g is not None), 0.0) for answer in answers)
    if across_size > _tolerance(slopes) * size:
        raise ValueError(
            f'engine: "ghost" needs a meta model that weights the losses of the examples, and {_name(head)} changes '
            f"the losses themselves. {WAY_OUT}"
        )


def _divided(dots: Tensor, lengths: Tensor) -> Tensor:
    """Dots / lengths, zero where the length is."""
    return torch.where(lengths > 0, dots / lengths, torch.zeros_like(dots))


def _tolerance(tensor: Tensor) -> float:
    """Well above rounding, well below what a part that is there adds."""
    return float(torch.finfo(tensor.dtype).eps ** 0.5)


def _name(head: TrainingHead) -> str:
    """The meta model's class."""
    return type(head.meta_model).__name__
