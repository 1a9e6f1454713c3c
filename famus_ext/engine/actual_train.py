"""Actual-Train: the user's optimizer steps on the gradient of the training loss with the meta model at hand (Eq. 5)."""

from __future__ import annotations

from typing import Any

from torch import nn
from torch.nn.utils import clip_grad_norm_
from torch.optim import Optimizer

from famus_ext.engine.head import TrainingHead
from famus_ext.engine.passes.protocol import TrainingPass
from famus_ext.engine.phases import Phase, phase
from famus_ext.errors import require_finite


def actual_train(
    model: nn.Module,
    meta_model: nn.Module,
    optimizer: Optimizer,
    training: TrainingPass,
    targets: Any,
    clip_norm: float | None,
) -> TrainingHead:
    """Step on ∂ℓ(z, y; θ')/∂w, through the forward pass that Virtual-Train left.

    Raises:
        NonFiniteError: The gradient is NaN or infinite; the parameters are as they were, without gradients.
    """
    with phase(Phase.HEAD):
        head = TrainingHead(meta_model, training.logits, targets, differentiable=False)
    optimizer.zero_grad(set_to_none=True)
    with phase(Phase.ACTUAL_BACKWARD):
        training.backward(head.cotangent.detach())
    try:
        require_finite(
            {f"the gradient of {name}": p.grad for name, p in model.named_parameters() if p.grad is not None}
        )
    except ArithmeticError:
        optimizer.zero_grad(set_to_none=True)
        raise
    if clip_norm is not None:
        clip_grad_norm_(model.parameters(), clip_norm)
    with phase(Phase.OPTIMIZER):
        optimizer.step()
    return head
