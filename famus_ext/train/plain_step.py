"""The step that meta-learning is compared with: plain training, behind the meta step's face."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils import clip_grad_norm_

from famus_ext.losses import ExampleLoss, cross_entropy


@dataclass(frozen=True)
class PlainStepOutput:
    """What one plain step gives.

    Attributes:
        loss: Mean loss of the batch before the step, 0-d, detached.
        logits: `[N, C]`, detached.
        meta_loss: None; no meta batch was looked at.
        weights: None; every example counts the same.
        gates: Empty; no layer has a meta gradient.
        meta_grads: Empty; there is no θ.
    """

    loss: Tensor
    logits: Tensor
    meta_loss: None = None
    weights: None = None
    gates: Tensor = field(default_factory=lambda: torch.empty(0))
    meta_grads: dict[str, Tensor] = field(default_factory=dict)


class PlainStep:
    """One step of an optimizer on the mean loss of the training batch.

    Args:
        model: The network, called with `x`.
        optimizer: Any optimizer of its parameters.
        loss: Loss of each example.
        clip_norm: The gradient is clipped to this norm; None leaves it.
    """

    layers: tuple[()] = ()

    def __init__(
        self,
        model: nn.Module,
        optimizer: torch.optim.Optimizer,
        loss: ExampleLoss = cross_entropy,
        clip_norm: float | None = None,
    ) -> None:
        self.model = model
        self.optimizer = optimizer
        self.loss = loss
        self.clip_norm = clip_norm

    def __call__(self, x: Tensor, y: Tensor, x_meta: Tensor, y_meta: Tensor) -> PlainStepOutput:
        """Trains on `x` `[N, ...]` and `y` int64 `[N]`; the meta batch is not looked at."""
        self.optimizer.zero_grad()
        logits = self.model(x)
        loss = self.loss(logits, y).mean()
        loss.backward()  # type: ignore[no-untyped-call]
        if self.clip_norm is not None:
            clip_grad_norm_(self.model.parameters(), self.clip_norm)
        self.optimizer.step()
        return PlainStepOutput(loss=loss.detach(), logits=logits.detach())

    def state_dict(self) -> dict[str, Any]:
        """Nothing: it has no state of its own."""
        return {}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Takes what `state_dict` gave."""
        if state:
            raise ValueError(f"state: expected none for plain training, got {sorted(state)}")
