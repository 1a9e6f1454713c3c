"""Weights of one's own on the examples' losses, beside those that a meta model learns."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from famus_ext._widest import widened, widest_dtype
from famus_ext.losses.cross_entropy import cross_entropy
from famus_ext.losses.example_loss import ExampleLoss, check_example_loss


class GivenWeights(nn.Module):
    """Loss of each example times a weight that is given, e_i L_i.

    The weights come with the targets, see `with_weights`, so that they follow their examples wherever a batch is cut,
    into micro-batches or over processes. A weighting meta model takes e_i L_i for the example's loss:

        ℓ = (1/N) Σ_i V(e_i L_i; θ) e_i L_i                 FaMUS, Eq. 3, with e_i L_i for L_i

    Args:
        loss: L, of logits and class indices.

    Raises:
        TypeError: The loss cannot be called.
    """

    def __init__(self, loss: ExampleLoss = cross_entropy) -> None:
        super().__init__()
        check_example_loss(loss)
        self.loss = loss

    def forward(self, logits: Tensor, targets: Tensor) -> Tensor:
        """e_i L_i [N] of logits [N, C] and targets [N, 2] of `with_weights`.

        Raises:
            TypeError, ValueError: The targets are not of that form.
        """
        if targets.dtype != (expected := widest_dtype(targets.device)):
            kind = str(expected).removeprefix("torch.")
            raise TypeError(f"targets: expected those of with_weights, {kind}, got {targets.dtype}")
        if targets.shape != (len(logits), 2):
            raise ValueError(f"targets: expected shape [{len(logits)}, 2], got {list(targets.shape)}")
        losses = self.loss(logits, targets[:, 0].long())
        return targets[:, 1].to(losses.dtype) * losses


def with_weights(targets: Tensor, weights: Tensor) -> Tensor:
    """Targets that carry a weight each, for `GivenWeights`.

    Args:
        targets: Class indices, int64 [N].
        weights: e, finite and at least 0, [N].

    Returns:
        [N, 2], float64, which holds class indices exactly; on a GPU of Apple's float32, which holds those below 2²⁴.

    Raises:
        TypeError: The targets are not int64.
        ValueError: The shapes do not fit, or a weight is negative or not finite.
    """
    if targets.dtype != torch.int64:
        raise TypeError(f"targets: expected int64, got {targets.dtype}")
    if targets.dim() != 1 or weights.shape != targets.shape:
        raise ValueError(
            f"weights: expected one for each of the targets [N], got {list(weights.shape)} for {list(targets.shape)}"
        )
    if not bool((weights.isfinite() & (weights >= 0)).all()):
        raise ValueError("weights: expected finite numbers of at least 0")
    return torch.stack([widened(targets), widened(weights)], dim=1)
