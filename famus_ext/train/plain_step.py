"""The step that meta-learning is compared with: plain training, behind the meta step's face."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils import clip_grad_norm_

from famus_ext.engine.actual_train import actual_train
from famus_ext.engine.batches import TrainingBatch
from famus_ext.engine.distributed.agreement import agree_once
from famus_ext.engine.distributed.processes import Processes
from famus_ext.engine.guards.skips import Skips
from famus_ext.engine.passes.joined import joined
from famus_ext.engine.passes.recorded import RecordedPass
from famus_ext.errors import NonFiniteError, require_finite
from famus_ext.losses import ExampleLoss, cross_entropy
from famus_ext.network.buffers import BufferState
from famus_ext.network.layers import trainable


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
        skipped: What was not finite, in a step that was skipped for it; then the loss is NaN and the logits are empty.
    """

    loss: Tensor
    logits: Tensor
    meta_loss: None = None
    weights: None = None
    gates: Tensor = field(default_factory=lambda: torch.empty(0))
    meta_grads: dict[str, Tensor] = field(default_factory=dict)
    skipped: str | None = None


class PlainStep:
    """One step of an optimizer on the mean loss of the training batch.

    Args:
        model: The network, called with `x`.
        optimizer: Any optimizer of its parameters.
        loss: Loss of each example.
        clip_norm: The gradient is clipped to this norm; None leaves it.
        max_skips: See `MetaStep`.
    """

    layers: tuple[()] = ()

    def __init__(
        self,
        model: nn.Module,
        optimizer: torch.optim.Optimizer,
        loss: ExampleLoss = cross_entropy,
        clip_norm: float | None = None,
        max_skips: int = 0,
    ) -> None:
        self.model = model
        self.optimizer = optimizer
        self.loss = loss
        self.clip_norm = clip_norm
        self.skips = Skips(max_skips)

    def __call__(self, x: Tensor, y: Tensor, x_meta: Tensor, y_meta: Tensor) -> PlainStepOutput:
        """Trains on `x` `[N, ...]` and `y` int64 `[N]`; the meta batch is not looked at.

        Raises:
            NonFiniteError: The loss or a gradient is NaN or infinite, once more than `max_skips` allows; it has not
                reached the network's parameters, nor its buffers.
        """
        buffers = BufferState(self.model)
        try:
            output = self._take(x, y)
        except NonFiniteError as error:
            buffers.restore()
            self.optimizer.zero_grad()
            self.skips.add(error)
            nothing = torch.empty(0, device=x.device)
            return PlainStepOutput(loss=nothing.new_tensor(math.nan), logits=nothing, skipped=str(error))
        self.skips.end_row()
        return output

    def _take(self, x: Tensor, y: Tensor) -> PlainStepOutput:
        """The step."""
        processes = Processes.of(self.model)
        if not processes.alone:
            return self._take_together(x, y, processes)
        self.optimizer.zero_grad()
        logits = self.model(x)
        loss = self.loss(logits, y).mean()
        loss.backward()  # type: ignore[no-untyped-call]
        gradients = {f"the gradient of {n}": p.grad for n, p in self.model.named_parameters() if p.grad is not None}
        require_finite({"the training loss": loss.detach(), **gradients})
        if self.clip_norm is not None:
            clip_grad_norm_(self.model.parameters(), self.clip_norm)
        self.optimizer.step()
        return PlainStepOutput(loss=loss.detach(), logits=logits.detach())

    def _take_together(self, x: Tensor, y: Tensor, processes: Processes) -> PlainStepOutput:
        """The step of one process with the joined batch; the logits are this process'."""
        agree_once(processes, {"model": self.model})
        batch = TrainingBatch(self.model, trainable(self.model), x, y, processes=processes)
        trained = actual_train(
            self.model, _MeanLoss(self.loss), self.optimizer, joined(RecordedPass, batch), self.clip_norm
        )
        return PlainStepOutput(loss=trained.loss, logits=trained.logits)

    def state_dict(self) -> dict[str, Any]:
        """The counts of skipped steps."""
        return {"skips": self.skips.state_dict()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Takes what `state_dict` gave."""
        if state.keys() != {"skips"}:
            raise ValueError(f"state: expected the entries ['skips'], got {sorted(state)}")
        self.skips.load_state_dict(state["skips"])


class _MeanLoss(nn.Module):
    """The mean of the examples' losses, as a meta model that learns nothing."""

    def __init__(self, loss: ExampleLoss) -> None:
        super().__init__()
        self.loss = loss

    def forward(self, logits: Tensor, targets: Tensor) -> Tensor:
        return self.loss(logits, targets).mean()
