"""What a step gives its caller."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from famus_ext.engine.actual_train import Trained
from famus_ext.engine.result import MetaGradient
from famus_ext.engine.shown import shown


@dataclass(frozen=True, repr=False)
class StepOutput:
    """What one iteration saw; every tensor is detached.

    Attributes:
        loss: ℓ(z, y; θ) that the network was trained on, 0-d: with θ' in the paper's schedule, with θ in the merged.
        meta_loss: L_c, 0-d; None in an iteration without a meta step.
        weights: V [N] of that loss; None where the meta model weights no examples.
        gates: r [L] in {0, 1}; zero, and on the CPU, in an iteration without a meta step.
        logits: z [N, ...].
        sample_dots: c [N], see `MetaGradient`; None without a meta step.
        meta_grads: ∂L/∂θ by name; empty without a meta step.
        skipped: What was not finite, in an iteration that was skipped for it; then the loss is NaN, the logits are
            empty and everything else is as without a meta step. None in an iteration that was taken.
    """

    loss: Tensor
    meta_loss: Tensor | None
    weights: Tensor | None
    gates: Tensor
    logits: Tensor
    sample_dots: Tensor | None
    meta_grads: dict[str, Tensor]
    skipped: str | None = None

    def __repr__(self) -> str:
        return shown(self)


def output_of_meta_step(result: MetaGradient, trained: Trained | None) -> StepOutput:
    """The output of a meta step; the loss is Actual-Train's where there was one."""
    return StepOutput(
        loss=result.loss if trained is None else trained.loss,
        meta_loss=result.meta_loss,
        weights=result.weights if trained is None else trained.weights,
        gates=result.gates,
        logits=result.logits.detach(),
        sample_dots=result.sample_dots,
        meta_grads=result.grads,
    )


def output_of_plain_step(trained: Trained, num_layers: int) -> StepOutput:
    """The output of an iteration without a meta step."""
    return StepOutput(
        loss=trained.loss,
        meta_loss=None,
        weights=trained.weights,
        gates=torch.zeros(num_layers),
        logits=trained.logits,
        sample_dots=None,
        meta_grads={},
    )


def output_of_skipped_step(reason: str, num_layers: int, device: torch.device) -> StepOutput:
    """The output of an iteration that was left out."""
    return StepOutput(
        loss=torch.tensor(math.nan, device=device),
        meta_loss=None,
        weights=None,
        gates=torch.zeros(num_layers),
        logits=torch.empty(0, device=device),
        sample_dots=None,
        meta_grads={},
        skipped=reason,
    )
