"""The step that meta-learning is compared with: plain cross-entropy, behind the meta step's face."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional


@dataclass(frozen=True)
class PlainStepOutput:
    """What one plain step gives.

    Attributes:
        loss: Mean cross-entropy of the batch before the step, 0-d, detached.
        meta_loss: None; no meta batch was looked at.
        weights: None; every example counts the same.
        gates: Empty; no layer has a meta gradient.
        logits: `[N, C]`, detached.
    """

    loss: Tensor
    logits: Tensor
    meta_loss: None = None
    weights: None = None
    gates: Tensor = field(default_factory=lambda: torch.empty(0))


class PlainStep:
    """One step of an optimizer on the mean cross-entropy of the training batch.

    Args:
        model: The network, called with `x`.
        optimizer: Any optimizer of its parameters.
    """

    layers: tuple[()] = ()

    def __init__(self, model: nn.Module, optimizer: torch.optim.Optimizer) -> None:
        self.model = model
        self.optimizer = optimizer

    def __call__(self, x: Tensor, y: Tensor, x_meta: Tensor, y_meta: Tensor) -> PlainStepOutput:
        """Trains on `x` `[N, ...]` and `y` int64 `[N]`; the meta batch is not looked at."""
        self.optimizer.zero_grad()
        logits = self.model(x)
        loss = functional.cross_entropy(logits, y)
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimizer.step()
        return PlainStepOutput(loss=loss.detach(), logits=logits.detach())

    def state_dict(self) -> dict[str, Any]:
        """Nothing: it has no state of its own."""
        return {}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Takes what `state_dict` gave."""
        if state:
            raise ValueError(f"state: expected none for plain cross-entropy, got {sorted(state)}")
