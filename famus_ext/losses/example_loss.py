"""What a loss of examples is: a function, or a module, from logits and targets to one number an example."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

ExampleLoss = Callable[[Tensor, Tensor], Tensor]
"""Maps logits [N, ...] and targets to the loss of each example [N]."""


def check_example_loss(loss: object, name: str = "loss") -> None:
    """Raise unless `loss` can be called."""
    if not callable(loss):
        raise TypeError(f"{name}: expected a function of logits and targets, got {type(loss).__name__}")
