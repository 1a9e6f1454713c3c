"""The steps of both schedules, and the one without a meta step: what is done in which order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch.distributed as dist
from torch import nn
from torch.optim import Optimizer

from famus_ext.engine.actual_train import Trained, actual_train
from famus_ext.engine.batches import MetaLoss
from famus_ext.engine.capture.standing_task import StandingTask
from famus_ext.engine.distributed.processes import Processes
from famus_ext.engine.guards.combinations import Schedule, check_step_hooks
from famus_ext.engine.meta_grad import Engine, compute
from famus_ext.engine.meta_update import meta_update
from famus_ext.engine.output import StepOutput, output_of_meta_step, output_of_plain_step
from famus_ext.engine.passes.exact import exact_pass
from famus_ext.engine.passes.joined import joined
from famus_ext.engine.passes.protocol import TrainingPass
from famus_ext.engine.result import MetaGradient
from famus_ext.engine.runner import AT_ONCE, Runner
from famus_ext.engine.task import MetaTask, meta_task, shared_batch, shared_task
from famus_ext.engine.updates.gradient_step import learning_rates
from famus_ext.engine.updates.optimizer_step import OptimizerStep
from famus_ext.network.buffers import restored_on_error
from famus_ext.network.layers import trainable
from famus_ext.samplers import Sampler

Batch = tuple[Any, Any]
"""Inputs and targets."""


@dataclass(frozen=True)
class StepParts:
    """What a step is taken with: the arguments of `MetaStep`, checked.

    Attributes:
        standing: The task of captured steps; None for steps that are not captured.
    """

    model: nn.Module
    optimizer: Optimizer
    meta_model: nn.Module
    sampler: Sampler
    engine: Engine
    micro_batches: int
    recompute: bool
    clip_norm: float | None
    meta_optimizer: Optimizer | None
    sampler_optimizer: Optimizer | None
    lambda_r: float | None
    lambda_g: float | None
    meta_loss: MetaLoss
    process_group: dist.ProcessGroup | None
    standing: StandingTask | None

    def task(self, batch: Batch, meta_batch: Batch, **schedule: Any) -> MetaTask:
        """The step's meta gradient, checked in every process, with what a schedule has of its own."""
        processes = self.processes()
        return shared_task(
            processes,
            lambda: meta_task(
                self.model,
                self.meta_model,
                batch,
                meta_batch,
                sampler=self.sampler,
                lambda_r=self.lambda_r,
                lambda_g=self.lambda_g,
                meta_loss=self.meta_loss,
                micro_batches=self.micro_batches,
                recompute=self.recompute,
                processes=processes,
                **schedule,
            ),
        )

    def update_meta_model(self, result: MetaGradient) -> None:
        """θ' = θ - β ∂L/∂θ (Eq. 6), and η likewise."""
        meta_update(result, self.meta_model, self.meta_optimizer, self.sampler, self.sampler_optimizer)

    def train(self, training: TrainingPass, run: Runner = AT_ONCE) -> Trained:
        """Step the user's optimizer with θ (Eq. 5)."""
        return actual_train(self.model, self.meta_model, self.optimizer, training, self.clip_norm, run)

    def processes(self) -> Processes:
        """Those that take the step together."""
        return Processes.of(self.model, self.process_group)


def paper_step(parts: StepParts, batch: Batch, meta_batch: Batch) -> StepOutput:
    """Virtual-Train and Meta-Train, then Actual-Train with θ'."""
    rates = learning_rates(parts.optimizer, parts.model)
    if parts.standing is None:
        task = parts.task(batch, meta_batch, update=rates)
    else:
        task = parts.standing.of(batch, meta_batch, rates, parts.task)
    result, training = compute(parts.engine, task)
    # A recorded Actual-Train may use the memory of a meta gradient that was recorded after it.
    result = task.run.keep(result)
    parts.update_meta_model(result)
    return output_of_meta_step(result, task.run.keep(parts.train(training, task.run)))


def merged_step(parts: StepParts, batch: Batch, meta_batch: Batch) -> StepOutput:
    """The optimizer's step with θ, then Meta-Train at the new weights."""
    check_step_hooks(parts.optimizer)
    # The graph must outlive the step, which writes to the parameters: it is recorded on copies.
    copies = {name: p.detach().clone().requires_grad_() for name, p in trainable(parts.model).items()}
    update = OptimizerStep(parts.optimizer, parts.clip_norm)
    result, _ = compute(parts.engine, parts.task(batch, meta_batch, update=update, stand_ins=copies))
    parts.update_meta_model(result)
    return output_of_meta_step(result, None)


def plain_step(parts: StepParts, batch: Batch, num_layers: int) -> StepOutput:
    """Training with θ as it is."""
    whole = shared_batch(parts.model, parts.meta_model, batch, parts.micro_batches, parts.processes())
    with restored_on_error(parts.model):
        return output_of_plain_step(parts.train(joined(exact_pass, whole)), num_layers)


SCHEDULES: dict[Schedule, Callable[[StepParts, Batch, Batch], StepOutput]] = {
    "paper": paper_step,
    "merged": merged_step,
}
