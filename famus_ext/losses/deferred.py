"""Deferred re-weighting: plain training first, class-balanced weights later."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from famus_ext.losses.class_balanced import ClassBalancedLoss
from famus_ext.losses.example_loss import ExampleLoss


class DeferredReweighting(nn.Module):
    """Deferred re-weighting (DRW): `loss` alone before the epoch `start`, with class-balanced weights from then on.

    The loop says which epoch it is with `set_epoch`; the epoch is part of the state, so that a resumed run goes on.

    Source: Cao et al., "Learning Imbalanced Datasets with Label-Distribution-Aware Margin Loss", NeurIPS 2019,
    Algorithm 1; the weights are those of `ClassBalancedLoss`.

    Args:
        loss: Loss of each example, `LDAMLoss` in the source.
        class_sizes: n, the number of training examples of each class [C], at least 1.
        start: The first epoch (from 0) with weights.
        beta: β of the weights, in [0, 1).

    Raises:
        TypeError, ValueError: An argument does not fit; the message names it.
    """

    def __init__(
        self, loss: ExampleLoss, class_sizes: Sequence[float] | Tensor, start: int, beta: float = 0.9999
    ) -> None:
        super().__init__()
        self.balanced = ClassBalancedLoss(class_sizes, beta, loss)
        self.start = _epoch(start, "start")
        self.epoch = 0

    def forward(self, logits: Tensor, targets: Tensor) -> Tensor:
        """The losses [N] of this epoch; arguments and errors as for `ClassBalancedLoss`."""
        loss = self.balanced if self.epoch >= self.start else self.balanced.loss
        losses: Tensor = loss(logits, targets)
        return losses

    def set_epoch(self, epoch: int) -> None:
        """Say which epoch it is, from 0."""
        self.epoch = _epoch(epoch, "epoch")

    def get_extra_state(self) -> int:
        """The epoch."""
        return self.epoch

    def set_extra_state(self, state: int) -> None:
        """Restore the epoch."""
        self.set_epoch(state)


def _epoch(value: object, name: str) -> int:
    """`value`; raise unless it is an integer of at least 0."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{name}: expected an integer, got {type(value).__name__}")
    if value < 0:
        raise ValueError(f"{name}: expected at least 0, got {value}")
    return value
