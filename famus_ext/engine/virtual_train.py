"""Virtual-Train: the gradient g of the training loss, its average pooling ḡ, and the virtual step ŵ (FaMUS, Eq. 3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from famus_ext.engine.head import TrainingHead
from famus_ext.engine.passes.protocol import Gradients, TrainingPass
from famus_ext.engine.phases import Phase, phase
from famus_ext.engine.pooling import pool_gradients, pool_layers
from famus_ext.engine.task import MetaTask
from famus_ext.engine.updates.protocol import VirtualStep


@dataclass(frozen=True)
class VirtualTrain:
    """The outcome of Virtual-Train.

    Attributes:
        step: ŵ, ḡ and ∂ŵ/∂g.
        gradients: g by name, of the layers whose gate can be 1; None where it is zero.
        norm: ‖g‖ over all layers, 0-d; None where g is zero.
        gate_inputs: ḡ_l [D_l] of every layer, as the sampler reads them.
    """

    step: VirtualStep
    gradients: Gradients
    norm: Tensor | None
    gate_inputs: list[Tensor]


def virtual_train(task: MetaTask, training: TrainingPass, head: TrainingHead) -> VirtualTrain:
    """Take the virtual step."""
    gradients: Gradients = dict.fromkeys(task.parameters)
    if not task.starts_at_zero:
        with phase(Phase.VIRTUAL_BACKWARD):
            gradients = training.gradients(head.cotangent.detach())
        check_strided(gradients)
    there = [g for g in gradients.values() if g is not None]
    norm = torch.stack(torch._foreach_norm(there)).float().norm() if there else None
    with phase(Phase.VIRTUAL_STEP):
        step = task.update(task.parameters, gradients, task.kept)
    read = step.pooled
    if task.starts_at_zero and task.sampler.reads_gradients:
        with phase(Phase.VIRTUAL_BACKWARD):
            read = pool_gradients(training.gradients(gate_cotangent(task, training)), task.parameters)
    return VirtualTrain(step, {name: gradients[name] for name in task.kept}, norm, pool_layers(task.layers, read))


def gate_cotangent(task: MetaTask, training: TrainingPass) -> Tensor:
    """The derivative [N, ...] of the loss whose gradient a sampler reads, where the training loss has none."""
    leaf = training.logits.detach().requires_grad_()
    with torch.enable_grad():
        loss = task.meta_model.gate_loss(leaf, training.targets)  # type: ignore[operator]
        (cotangent,) = torch.autograd.grad(loss, leaf)
    return cotangent


def check_strided(gradients: Mapping[str, Tensor | None]) -> None:
    """Raise for a sparse gradient."""
    for name, gradient in gradients.items():
        if gradient is not None and gradient.layout is not torch.strided:
            raise TypeError(
                f"model: the gradient of {name} is {gradient.layout}, expected a strided one; build its embedding with "
                "sparse=False"
            )
