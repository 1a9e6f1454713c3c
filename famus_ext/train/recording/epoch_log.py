"""What the steps of one epoch gave, gathered without waiting for the device; part of a checkpoint within an epoch."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from famus_ext.diagnostics import GradientMoments
from famus_ext.train.step import StepResult


class EpochLog:
    """Losses, gates and meta gradients of an epoch's steps.

    Args:
        lasting_theta: Whether θ is the same from step to step, so that its gradients have a mean and a variance; L2R's
            belongs to one batch.

    Attributes:
        seconds: Wall-clock time of the steps.
        skipped: Steps that were skipped, see `MetaStep`; they count for nothing else.
        last_reason: Why the last of them was; None without one.
    """

    def __init__(self, *, lasting_theta: bool) -> None:
        self.seconds = 0.0
        self.skipped = 0
        self.last_reason: str | None = None
        self._lasting_theta = lasting_theta
        self._losses: list[Tensor] = []
        self._meta_losses: list[Tensor] = []
        self._gates: list[Tensor] = []
        self._moments = GradientMoments()

    def add(self, out: StepResult) -> None:
        """Notes one step; one without a meta step counts for the training loss alone."""
        if out.skipped is not None:
            self.skipped += 1
            self.last_reason = out.skipped
            return
        self._losses.append(out.loss)
        if out.meta_loss is None:
            return
        self._meta_losses.append(out.meta_loss)
        self._gates.append(out.gates)
        if self._lasting_theta:
            self._moments.add(out.meta_grads)

    def __len__(self) -> int:
        """Steps so far, skipped ones included: how many of the epoch's batches have been used."""
        return len(self._losses) + self.skipped

    @property
    def loss(self) -> float:
        """Mean training loss; NaN where every step was skipped."""
        return float(_stacked(self._losses).mean()) if self._losses else math.nan

    @property
    def meta_loss(self) -> float | None:
        """Mean meta loss over the meta steps; None without one."""
        return float(_stacked(self._meta_losses).mean()) if self._meta_losses else None

    @property
    def gate_rates(self) -> list[float]:
        """Share of the meta steps in which each layer had a meta gradient, `[L]`; empty without one."""
        if not self._gates:
            return []
        rates: list[float] = _stacked(self._gates).float().mean(dim=0).tolist()
        return rates

    @property
    def gradient_mean(self) -> float | None:
        """Mean of the meta gradient over steps and entries of θ (FaMUS, Figure 4); None where there is none."""
        return _finite(self._moments.summary().mean)

    @property
    def gradient_variance(self) -> float | None:
        """Variance of the meta gradient over the steps, averaged over θ; None with fewer than two meta steps."""
        return _finite(self._moments.summary().variance)

    def state_dict(self) -> dict[str, Any]:
        """What `load_state_dict` takes."""
        series = {"losses": self._losses, "meta_losses": self._meta_losses, "gates": self._gates}
        return {
            **{name: _stacked(tensors) if tensors else None for name, tensors in series.items()},
            "moments": self._moments.state_dict(),
            "seconds": self.seconds,
            "skipped": self.skipped,
            "last_reason": self.last_reason,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Goes on from what `state_dict` gave."""
        self._losses, self._meta_losses, self._gates = (
            [] if state[name] is None else list(state[name].unbind()) for name in ("losses", "meta_losses", "gates")
        )
        self._moments.load_state_dict(state["moments"])
        self.seconds, self.skipped, self.last_reason = state["seconds"], state["skipped"], state["last_reason"]


def _stacked(tensors: Sequence[Tensor]) -> Tensor:
    """One tensor of many; on the CPU where a checkpoint has brought some of them there."""
    together = len({tensor.device for tensor in tensors}) == 1
    return torch.stack(list(tensors) if together else [tensor.cpu() for tensor in tensors])


def _finite(value: float) -> float | None:
    """The value, None where it is NaN, which JSON has no word for."""
    return value if math.isfinite(value) else None
