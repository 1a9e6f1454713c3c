"""Actual-Train: the user's optimizer steps on the gradient of the training loss with the meta model at hand (Eq. 5)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.utils import clip_grad_norm_
from torch.optim import Optimizer

from famus_ext.engine.head import TrainingHead
from famus_ext.engine.passes.protocol import Gradients, TrainingPass
from famus_ext.engine.phases import Phase, phase
from famus_ext.engine.runner import AT_ONCE, Runner
from famus_ext.errors import require_finite
from famus_ext.meta_models.protocol import TrainingLoss


@dataclass(frozen=True)
class Trained:
    """What the network was trained on; every tensor is detached.

    Attributes:
        loss: ℓ(z, y; θ), 0-d.
        weights: V [N] of this process' examples; None where the meta model weights none.
        logits: z [N, ...] likewise.
    """

    loss: Tensor
    weights: Tensor | None
    logits: Tensor


def actual_train(
    model: nn.Module,
    meta_model: nn.Module,
    optimizer: Optimizer,
    training: TrainingPass,
    clip_norm: float | None,
    run: Runner = AT_ONCE,
) -> Trained:
    """Step on ∂ℓ(z, y; θ')/∂w, through the forward pass that Virtual-Train left.

    Args:
        model: The network.
        meta_model: Ψ with θ'.
        optimizer: The user's.
        training: The pass of the training batch.
        clip_norm: See `MetaStep`.
        run: How the part before the optimizer is run.

    Raises:
        NonFiniteError: The loss or the gradient is NaN or infinite; the parameters are as they were, without gradients.
    """
    _drop_gradients(model, optimizer)
    loss, found = run("actual", lambda: _differentiate(meta_model, training, keep=run.replays))
    parameters = dict(model.named_parameters())
    for name, gradient in found.items():
        parameters[name].grad = gradient
    try:
        gradients = {f"the gradient of {n}": p.grad for n, p in parameters.items() if p.grad is not None}
        require_finite({"the training loss": loss.value.detach(), **gradients})
    except ArithmeticError:
        _drop_gradients(model, optimizer)
        raise
    if clip_norm is not None:
        clip_grad_norm_(model.parameters(), clip_norm)
    with phase(Phase.OPTIMIZER):
        optimizer.step()
    weights = loss.weights
    return Trained(
        loss=loss.value.detach(),
        weights=None if weights is None else training.own(weights.detach()),
        logits=training.own(training.logits).detach(),
    )


def _differentiate(meta_model: nn.Module, training: TrainingPass, *, keep: bool) -> tuple[TrainingLoss, Gradients]:
    """The loss, and the gradients by name where the graph is to be kept; else they are added to `.grad`."""
    with phase(Phase.HEAD):
        head = TrainingHead(meta_model, training.logits, training.targets)
    with phase(Phase.ACTUAL_BACKWARD):
        if keep:
            return head.loss, _apart(training.gradients(head.cotangent.detach()))
        training.backward(head.cotangent.detach())
    return head.loss, {}


def _apart(gradients: Gradients) -> Gradients:
    """The gradients in memory of their own, as a backward to `.grad` leaves them, for optimizers that write to them.

    Autograd hands out one tensor for both terms of a sum, and an expanded one for the entries of a sum.
    """
    own: Gradients = {}
    seen: set[int] = set()
    for name, gradient in gradients.items():
        own[name] = gradient
        if gradient is not None:
            place = gradient.untyped_storage().data_ptr()
            expanded = any(step == 0 and size > 1 for step, size in zip(gradient.stride(), gradient.shape, strict=True))
            if place in seen or expanded:
                own[name] = gradient.clone(memory_format=torch.contiguous_format)
            seen.add(place)
    return own


def _drop_gradients(model: nn.Module, optimizer: Optimizer) -> None:
    """Let no gradient outlive its step.

    Those of parameters that the optimizer does not hold would add up, count for the norm that is clipped, and stay NaN.
    """
    optimizer.zero_grad(set_to_none=True)
    model.zero_grad(set_to_none=True)
