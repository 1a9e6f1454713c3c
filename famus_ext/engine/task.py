"""One meta-gradient computation, checked: what every engine is handed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn

from famus_ext._checks import check_finite
from famus_ext.engine.batches import MetaBatch, MetaLoss, TrainingBatch, check_batch, check_device, check_pair
from famus_ext.engine.distributed.agreement import agree_once
from famus_ext.engine.distributed.processes import ALONE, Processes
from famus_ext.engine.guards.combinations import check_distribution
from famus_ext.engine.guards.kinds import check_kinds
from famus_ext.engine.passes.protocol import TrainingPass
from famus_ext.engine.runner import AT_ONCE, Runner
from famus_ext.engine.updates.gradient_step import GradientStep
from famus_ext.engine.updates.protocol import Update
from famus_ext.meta_models import BatchMetaModel
from famus_ext.network.layers import Layer, trainable
from famus_ext.samplers import AllLayers, Sampler

LAMBDA = 0.1
"""The paper's λ1 and λ2."""


@dataclass(frozen=True)
class MetaTask:
    """The arguments of `sampled_meta_grad`, with the defaults filled in.

    Attributes:
        parameters: w by name: all trainable parameters, in a layer or not.
        theta: θ by name.
        update: How the virtual gradient moves the weights.
        training: The training batch, its forward pass recorded on the parameters or on stand-ins.
        run: How the engine's sections are run.
    """

    model: nn.Module
    meta_model: nn.Module
    sampler: Sampler
    layers: tuple[Layer, ...]
    parameters: dict[str, Tensor]
    theta: dict[str, Tensor]
    update: Update
    training: TrainingBatch
    meta: MetaBatch
    lambda_r: float
    lambda_g: float
    run: Runner = AT_ONCE

    @property
    def starts_at_zero(self) -> bool:
        """Whether θ belongs to the batch, so that the virtual gradient is zero."""
        return isinstance(self.meta_model, BatchMetaModel)

    @property
    def kept(self) -> list[str]:
        """The parameters of the layers whose gate can be 1, and of layer L where L_g needs it."""
        indices = {*self.sampler.candidates(self.layers), *([len(self.layers) - 1] if self.lambda_g else [])}
        return [name for i in sorted(indices) for name in self.layers[i].parameters]

    @property
    def processes(self) -> Processes:
        """Those that hold a part of both batches each."""
        return self.training.processes

    def begin_batch(self, training: TrainingPass) -> MetaTask:
        """Let a meta model whose θ belongs to the batch start it; θ is read again."""
        if not isinstance(self.meta_model, BatchMetaModel):
            return self
        self.meta_model.begin(training.logits.detach(), training.targets)
        return replace(self, theta=trainable(self.meta_model))

    def draw_gates(self, pooled: Sequence[Tensor]) -> Tensor:
        """The gates r [L] as process 0 draws them, differentiable in η.

        Args:
            pooled: ḡ_l [D_l] of every layer.
        """
        with torch.enable_grad():
            gates: Tensor = self.sampler(self.layers, pooled)
        if self.processes.alone:
            return gates
        (first,) = self.processes.from_first([gates])
        return (gates - gates.detach()) + first


def meta_task(
    model: nn.Module,
    meta_model: nn.Module,
    batch: tuple[Any, Any],
    meta_batch: tuple[Any, Any],
    *,
    update: Update | float | Mapping[str, float],
    sampler: Sampler | None,
    lambda_r: float | None,
    lambda_g: float | None,
    meta_loss: MetaLoss,
    stand_ins: dict[str, Tensor] | None = None,
    micro_batches: int = 1,
    recompute: bool = False,
    processes: Processes = ALONE,
) -> MetaTask:
    """Check the arguments of `sampled_meta_grad` and fill in the defaults.

    `update` says how g moves the weights: a learning rate, or one a parameter by name, is the paper's Eq. 3.
    `stand_ins` is what the forward pass is recorded on in place of the parameters, `micro_batches` the number of parts
    that both batches are cut into, `recompute` whether the training batch's graph is dropped during the meta pass,
    `processes` those that hold a part of both batches each.
    """
    check_kinds(meta_model, sampler, meta_loss)
    sampler = AllLayers() if sampler is None else sampler
    theta = trainable(meta_model)
    if not theta:
        raise ValueError("meta_model: expected at least one parameter with requires_grad=True, got none")
    parameters = check_network(model)
    found = sampler.layers_of(model)
    devices = {p.device for p in parameters.values()}
    check_device("meta_model", theta, devices)
    check_device("sampler", dict(sampler.named_parameters()), devices)
    training = training_batch(model, batch, stand_ins, micro_batches, recompute, processes)
    x_meta, y_meta = check_pair("meta_batch", meta_batch)
    check_batch("x_meta", x_meta, y_meta, devices)
    x = training.x
    if isinstance(x, Tensor) and isinstance(x_meta, Tensor) and x.dtype != x_meta.dtype:
        raise TypeError(f"x_meta: expected the dtype of x, {x.dtype}, got {x_meta.dtype}")
    default = LAMBDA if sampler.learned else 0.0
    return MetaTask(
        model=model,
        meta_model=meta_model,
        sampler=sampler,
        layers=found,
        parameters=parameters,
        theta=theta,
        update=update if callable(update) else GradientStep(_learning_rates(update, parameters)),
        training=training,
        meta=MetaBatch(model, x_meta, y_meta, meta_loss, micro_batches),
        lambda_r=default if lambda_r is None else _not_negative("lambda_r", lambda_r),
        lambda_g=default if lambda_g is None else _not_negative("lambda_g", lambda_g),
    )


def shared_task(processes: Processes, make: Callable[[], MetaTask]) -> MetaTask:
    """The task that `make` checks in every process, where each knows what part of the meta batch it has."""
    if processes.alone:
        return make()
    task, sizes = processes.together(make, lambda made: [made.meta.size], 1)
    return replace(task, meta=replace(task.meta, share=task.meta.size / sum(size for (size,) in sizes)))


def check_network(model: nn.Module) -> dict[str, Tensor]:
    """The network's trainable parameters by name, if it is one that a step can be taken with."""
    if not isinstance(model, nn.Module):
        raise TypeError(f"model: expected a torch.nn.Module, got {type(model).__name__}")
    check_distribution(model)
    parameters = trainable(model)
    if not parameters:
        raise ValueError("model: expected at least one parameter with requires_grad=True, got none")
    if any(p.is_complex() for p in parameters.values()):
        raise TypeError("model: expected real trainable parameters, got a complex one")
    return parameters


def training_batch(
    model: nn.Module,
    batch: tuple[Any, Any],
    stand_ins: dict[str, Tensor] | None = None,
    micro_batches: int = 1,
    recompute: bool = False,
    processes: Processes = ALONE,
) -> TrainingBatch:
    """The training batch, checked."""
    parameters = trainable(model)
    x, y = check_pair("batch", batch)
    check_batch("x", x, y, {p.device for p in parameters.values()})
    leaves = parameters if stand_ins is None else stand_ins
    return TrainingBatch(model, leaves, x, y, stand_ins is not None, micro_batches, recompute, processes)


def shared_batch(
    model: nn.Module, meta_model: nn.Module, batch: tuple[Any, Any], micro_batches: int, processes: Processes
) -> TrainingBatch:
    """The training batch of a step without a meta batch, checked in every process."""
    check_network(model)
    agree_once(processes, {"model": model, "meta_model": meta_model})
    made, _ = processes.together(lambda: training_batch(model, batch, micro_batches=micro_batches, processes=processes))
    return made


def _learning_rates(lr: float | Mapping[str, float], parameters: Mapping[str, Tensor]) -> dict[str, float]:
    """α for every parameter."""
    if not isinstance(lr, Mapping):
        return dict.fromkeys(parameters, _not_negative("lr", lr))
    if lr.keys() != parameters.keys():
        different = min(lr.keys() ^ parameters.keys())
        raise ValueError(
            f"lr: expected a number for each trainable parameter of the model, by name; {different!r} is "
            f"{'not one of them' if different in lr else 'missing'}"
        )
    return {name: _not_negative(f"lr[{name!r}]", rate) for name, rate in lr.items()}


def _not_negative(name: str, value: object) -> float:
    """A learning rate, λ1 or λ2."""
    number = check_finite(value, name)
    if number < 0:
        raise ValueError(f"{name}: expected a number >= 0, got {value}")
    return number
