"""What a training pass is to the engines."""

from __future__ import annotations

from typing import Any, Protocol

from torch import Tensor

from famus_ext.engine.head import TrainingHead

Gradients = dict[str, Tensor | None]
"""A gradient by parameter name; None where it is zero."""

Tangents = dict[str, Tensor]
"""A direction by parameter name; a parameter that is left out does not move."""


class TrainingPass(Protocol):
    """The network has been run on the training batch, once; weights and batch are held as they were.

    Attributes:
        logits: z = Φ(x; w), [N, ...].
        targets: What the training loss compares them with.
    """

    logits: Tensor
    targets: Any

    def own(self, rows: Tensor) -> Tensor:
        """This process' rows of a tensor with one for each example."""

    def begin(self, head: TrainingHead) -> None:
        """Learn how the loss depends on the logits, before any product is asked for."""

    def gradients(self, cotangent: Tensor) -> Gradients:
        """Jᵀ v for a cotangent v [N, ...]."""

    def release(self) -> None:
        """Drop what can be made again: the meta batch comes next, and needs room."""

    def pushforward(self, tangents: Tangents) -> Tensor:
        """J t [N, ...], or what of it a meta gradient depends on."""

    def backward(self, cotangent: Tensor) -> None:
        """Add Jᵀ v to `.grad` of the network's parameters; no product can be asked for afterwards."""
