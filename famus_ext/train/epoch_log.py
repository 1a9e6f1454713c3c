"""What the steps of one epoch gave, gathered without waiting for the device."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from famus_ext.diagnostics import GradientMoments
from famus_ext.train.assembly.step import StepOutput


class EpochLog:
    """Losses, gates and meta gradients of an epoch's steps.

    Args:
        lasting_theta: Whether θ is the same from step to step, so that its gradients have a mean and a variance; L2R's
            belongs to one batch.
    """

    def __init__(self, *, lasting_theta: bool) -> None:
        self._lasting_theta = lasting_theta
        self._losses: list[Tensor] = []
        self._meta_losses: list[Tensor] = []
        self._gates: list[Tensor] = []
        self._moments = GradientMoments()

    def add(self, out: StepOutput) -> None:
        """Notes one step; one without a meta step counts for the training loss alone."""
        self._losses.append(out.loss)
        if out.meta_loss is None:
            return
        self._meta_losses.append(out.meta_loss)
        self._gates.append(out.gates)
        if self._lasting_theta:
            self._moments.add(out.meta_grads)

    def __len__(self) -> int:
        """Steps so far."""
        return len(self._losses)

    @property
    def loss(self) -> float:
        """Mean training loss."""
        return float(torch.stack(self._losses).mean())

    @property
    def meta_loss(self) -> float | None:
        """Mean meta loss over the meta steps; None without one."""
        return float(torch.stack(self._meta_losses).mean()) if self._meta_losses else None

    @property
    def gate_rates(self) -> list[float]:
        """Share of the meta steps in which each layer had a meta gradient, `[L]`; empty without one."""
        if not self._gates:
            return []
        rates: list[float] = torch.stack(self._gates).float().mean(dim=0).tolist()
        return rates

    @property
    def gradient_mean(self) -> float | None:
        """Mean of the meta gradient over steps and entries of θ (FaMUS, Figure 4); None where there is none."""
        return _finite(self._moments.summary().mean)

    @property
    def gradient_variance(self) -> float | None:
        """Variance of the meta gradient over the steps, averaged over θ; None with fewer than two meta steps."""
        return _finite(self._moments.summary().variance)


def _finite(value: float) -> float | None:
    """The value, None where it is NaN, which JSON has no word for."""
    return value if math.isfinite(value) else None
