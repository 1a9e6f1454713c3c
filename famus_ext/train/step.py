"""What the trainer asks of a step: `famus_ext.MetaStep` has it, and `PlainStep`."""

from __future__ import annotations

from typing import Any, Protocol

from torch import Tensor

from famus_ext.network.layers import Layer


class StepResult(Protocol):
    """What the trainer reads from one step."""

    @property
    def loss(self) -> Tensor:
        """Training loss, 0-d, detached."""

    @property
    def meta_loss(self) -> Tensor | None:
        """Meta loss, 0-d, detached; None in a step without a meta step."""

    @property
    def weights(self) -> Tensor | None:
        """Weights `[N]` of the batch's losses; None where every example counts the same."""

    @property
    def gates(self) -> Tensor:
        """1 for every layer with a meta gradient, else 0, `[L]`; of no meaning without a meta step."""

    @property
    def meta_grads(self) -> dict[str, Tensor]:
        """∂L/∂θ by name; empty without a meta step."""

    @property
    def skipped(self) -> str | None:
        """Why the step was skipped; None for one that was taken."""


class Step(Protocol):
    """One training step: `famus_ext.MetaStep`, `PlainStep` or anything with their methods."""

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The layers that are gated; none for a step without a meta gradient."""

    def __call__(self, x: Tensor, y: Tensor, x_meta: Tensor, y_meta: Tensor) -> StepResult:
        """Trains on one batch and one meta batch."""

    def state_dict(self) -> dict[str, Any]:
        """State beyond the network's and its optimizer's: meta model, sampler, their optimizers."""

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Takes what `state_dict` gave."""
