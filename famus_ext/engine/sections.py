"""The meta gradient in two sections, before and after the gates are known; neither waits for the device."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

from famus_ext.engine.batches import TrainingBatch
from famus_ext.engine.guards.adjoint import adjoint_products
from famus_ext.engine.head import TrainingHead
from famus_ext.engine.meta_train import direction, meta_pass, wanted_layers
from famus_ext.engine.passes.joined import joined
from famus_ext.engine.passes.protocol import TrainingPass
from famus_ext.engine.phases import Phase, phase
from famus_ext.engine.selected import Selected
from famus_ext.engine.task import MetaTask
from famus_ext.engine.virtual_train import VirtualTrain, virtual_train
from famus_ext.network.buffers import BufferState
from famus_ext.network.forward import with_tensors


@dataclass(frozen=True)
class Begun:
    """What is known when the gates are drawn.

    Attributes:
        task: The task, with the θ of this batch.
        training: The training batch's pass.
        head: ℓ as a function of the logits and θ.
        virtual: g, ŵ and ḡ.
        buffers: The network's buffers as the training batch left them.
    """

    task: MetaTask
    training: TrainingPass
    head: TrainingHead
    virtual: VirtualTrain
    buffers: BufferState


@dataclass(frozen=True)
class Carried:
    """What the direction t gives at the logits.

    Attributes:
        meta_loss: L_c, 0-d.
        grads: ∂L/∂θ by name.
        gate_grads: ∂L/∂r [L]; None for a sampler that is not learned.
        sample_dots: c [N]; None where the meta model has no loss for each example.
        products: What `check_adjoint` reads, [3]; None where nothing is to be checked.
    """

    meta_loss: Tensor
    grads: dict[str, Tensor]
    gate_grads: Tensor | None
    sample_dots: Tensor | None
    products: Tensor | None


def virtual_section(make_pass: Callable[[TrainingBatch], TrainingPass], task: MetaTask) -> Begun:
    """Run the training batch forward and take the virtual step."""
    with phase(Phase.VIRTUAL_FORWARD):
        training = joined(make_pass, task.training)
    buffers = BufferState(task.model)
    task = task.begin_batch(training)
    with phase(Phase.HEAD):
        head = with_tensors(
            task.meta_model, task.theta, lambda: TrainingHead(task.meta_model, training.logits, training.targets)
        )
    with phase(Phase.VIRTUAL_BACKWARD):
        training.begin(head)
    if task.run.replays:
        head.keep_slopes()
    return Begun(task, training, head, virtual_train(task, training, head), buffers)


def meta_section(begun: Begun, selected: Selected, *, exact: bool) -> Carried:
    """Run the meta batch and carry its gradient back to θ.

    Args:
        begun: What the first section gave; ŵ is dropped on the way, unless it is to be replayed.
        selected: The layers.
        exact: Whether the pass' pushforward is the transpose of its gradients, so that a step can be checked for it.
    """
    task, training, head, virtual = begun.task, begun.training, begun.head, begun.virtual
    training.release()
    meta = meta_pass(task, virtual.step.weights, wanted_layers(task, selected.carried))
    if not task.run.replays:
        # ŵ is as large as the network, and the sweep needs room.
        virtual.step.weights.clear()
    with phase(Phase.DIRECTION):
        tangents, gate_grads = direction(task, virtual, meta, selected)
    # So is u.
    meta.gradients.clear()
    with phase(Phase.PUSHFORWARD):
        logits_dot = training.pushforward(tangents)
    if begun.buffers.written:
        # A checkpointed block has run again, in every pass over its graph.
        begun.buffers.restore()
    with phase(Phase.HEAD):
        sample_dots = head.sample_dots(logits_dot)
        grads = head.meta_gradient(task.theta, logits_dot)
    products = adjoint_products(head.cotangent, logits_dot, virtual, tangents) if exact else None
    return Carried(meta.loss, grads, gate_grads, sample_dots, products)
