"""What a meta model is to the engine: a module from logits and targets to the training loss."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from torch import Tensor, nn


class TrainingLoss(NamedTuple):
    """What a meta model returns.

    Attributes:
        value: ℓ(z, y; θ), 0-d.
        weights: V, the weight of each example [N]: value is the mean of V L, or their sum where V is normalised; None
            where the meta model weights none.
        losses: L, the loss of each example before weighting [N]; None where there is no such thing.
    """

    value: Tensor
    weights: Tensor | None = None
    losses: Tensor | None = None


class BatchMetaModel(nn.Module):
    """A meta model whose θ belongs to one batch, and starts where ℓ and its gradient are zero.

    So the virtual step changes nothing, ŵ = w; a meta step is no descent but turns the meta gradient into θ.
    """

    def begin(self, logits: Tensor, targets: Tensor) -> None:
        """Start a batch: make θ anew, for logits [N, ...]."""
        raise NotImplementedError

    def gate_loss(self, logits: Tensor, targets: Tensor) -> Tensor:
        """A loss, 0-d, whose gradient a learned sampler reads in place of the virtual gradient, which is zero."""
        raise NotImplementedError

    def meta_update(self, grads: Mapping[str, Tensor]) -> None:
        """Set θ from the meta gradient, by name."""
        raise NotImplementedError


class ProjectedMetaModel(nn.Module):
    """A meta model whose θ lies in a set that a step of the meta optimizer may leave."""

    def project(self) -> None:
        """Put θ back into its set, in place; called after every step of the meta optimizer."""
        raise NotImplementedError


def training_loss(meta_model: nn.Module, logits: Tensor, targets: Tensor) -> TrainingLoss:
    """Evaluate a meta model; a plain 0-d tensor is taken as the loss.

    Raises:
        TypeError: The meta model returned something else.
        ValueError: The loss is not one number, or weights or losses are not one for each example.
    """
    returned = meta_model(logits, targets)
    loss = TrainingLoss(returned) if isinstance(returned, Tensor) else returned
    if not isinstance(loss, TrainingLoss):
        raise TypeError(f"meta_model: expected a TrainingLoss or a 0-d tensor, got {type(returned).__name__}")
    if loss.value.dim():
        raise ValueError(f"meta_model: expected a 0-d loss, got shape {list(loss.value.shape)}")
    for name, values in (("weights", loss.weights), ("losses", loss.losses)):
        if values is not None and values.shape != logits.shape[:1]:
            raise ValueError(f"meta_model: expected {name} of shape [{len(logits)}], got {list(values.shape)}")
    return loss
