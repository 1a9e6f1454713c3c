"""Options: the network and its optimizer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from famus_ext.train.options.check import require, require_count, require_not_negative, require_positive
from famus_ext.train.options.shown import left_open


@dataclass(frozen=True)
class OptimizerOptions:
    """The network and its optimizer (SGD), the same for every method."""

    network: Annotated[str | None, left_open("NAME", "by data set")] = None
    """wrn-28-10, preact-resnet-18, resnet-32, fashion, digits, or yours: package.module:callable."""
    epochs: int = 50
    """Passes over the training set."""
    batch_size: int = 100
    """Training images a step, at most; an epoch's batches are nearly equal."""
    lr: float = 0.1
    """Learning rate of the network and of the virtual step."""
    momentum: float = 0.9
    """Momentum, in [0, 1)."""
    weight_decay: float = 0.0
    """Weight decay."""
    lr_milestones: tuple[int, ...] = (40,)
    """Epochs after which the learning rate is divided by 10."""
    clip_norm: Annotated[float | None, left_open("FLOAT", "no clipping")] = None
    """Norm to which the network's gradient is clipped."""

    def __post_init__(self) -> None:
        require(self.network != "", "--network", "a name or an import path", "none")
        require_count("--epochs", self.epochs)
        require_count("--batch-size", self.batch_size)
        require_positive("--lr", self.lr)
        require(0.0 <= self.momentum < 1.0, "--momentum", "a number in [0, 1)", self.momentum)
        require_not_negative("--weight-decay", self.weight_decay)
        require(all(epoch >= 1 for epoch in self.lr_milestones), "--lr-milestones", "at least 1", self.lr_milestones)
        require_positive("--clip-norm", self.clip_norm)
