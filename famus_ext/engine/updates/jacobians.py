"""∂w'/∂g of torch's optimizers, w → w': diagonal, and read off the state before the step."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import torch
from torch import Tensor
from torch.optim import SGD, Adam, AdamW, Optimizer

from famus_ext.engine.updates.wrapped import innermost


def step_factors(optimizer: Optimizer, parameters: Mapping[str, Tensor]) -> dict[str, float | Tensor]:
    """The derivative of each parameter's next step in its gradient, `.grad`, by name; a number where all are equal."""
    optimizer = innermost(optimizer)
    groups = {p: group for group in optimizer.param_groups for p in group["params"]}
    factor = FACTORS[type(optimizer)]
    return {
        # What the optimizer does not hold, or has no gradient for, stays.
        name: factor(groups[p], optimizer.state.get(p, {}), p) if p in groups and p.grad is not None else 0.0
        for name, p in parameters.items()
    }


def _sgd(group: dict[str, Any], state: dict[str, Any], parameter: Tensor) -> float:
    """-α, times what one step's gradient puts into the momentum buffer.

    With d = g + λ w: b' = μ b + (1 - τ) d (b' = d in the first step), w' = w - α b', or w - α (d + μ b') for Nesterov.
    """
    momentum, sign = group["momentum"], 1.0 if group["maximize"] else -1.0
    taken = 1.0
    if momentum:
        started = state.get("momentum_buffer") is not None
        taken = 1.0 - group["dampening"] if started else 1.0
        if group["nesterov"]:
            taken = 1.0 + momentum * taken
    return sign * float(group["lr"]) * taken


def _adam(group: dict[str, Any], state: dict[str, Any], parameter: Tensor, *, decoupled: bool = False) -> Tensor:
    """The derivative of -α/(1-β1ᵗ) m'/d' with m' = β1 m + (1-β1) g, v' = β2 v + (1-β2) g², d' = √v'/√(1-β2ᵗ) + ε.

        ∂w'/∂g = -α/(1-β1ᵗ) [(1-β1) ε + ((1-β1) β2 v - β1 (1-β2) m g) / (√v' √(1-β2ᵗ))] / d'²

    The two large terms of the quotient rule, (1-β1) d' and m' ∂d'/∂g, cancel but for rounding in the first steps, so
    they are subtracted here on paper. Under AMSGrad, where an earlier v is the larger, d' is a constant.
    """
    (beta1, beta2), epsilon = group["betas"], group["eps"]
    beta1, beta2, gradient = float(beta1), float(beta2), parameter.grad
    assert gradient is not None
    g = -gradient if group["maximize"] else gradient
    # Decoupled weight decay does not pass through the gradient.
    if group["weight_decay"] and not (decoupled or group.get("decoupled_weight_decay", False)):
        g = g + group["weight_decay"] * parameter.detach()
    zero = torch.zeros_like(g)
    m, v = state.get("exp_avg", zero), state.get("exp_avg_sq", zero)
    steps = float(state.get("step", 0)) + 1
    root2 = (1 - beta2**steps) ** 0.5
    moved_v = beta2 * v + (1 - beta2) * g.square()
    mixed = (1 - beta1) * beta2 * v - beta1 * (1 - beta2) * m * g
    root_v = moved_v.sqrt()
    numerator = (1 - beta1) * epsilon + torch.where(root_v > 0, mixed / (root_v * root2), zero)
    denominator = root_v / root2 + epsilon
    if group["amsgrad"]:
        largest = state.get("max_exp_avg_sq", zero)
        denominator = torch.maximum(moved_v, largest).sqrt() / root2 + epsilon
        numerator = torch.where(largest > moved_v, (1 - beta1) * denominator, numerator)
    sign = 1.0 if group["maximize"] else -1.0
    scale = sign * float(group["lr"]) / (1 - beta1**steps)
    factor: Tensor = scale * (numerator / denominator.square())
    return factor


FACTORS: dict[type[Optimizer], Callable[[dict[str, Any], dict[str, Any], Tensor], float | Tensor]] = {
    SGD: _sgd,
    Adam: _adam,
    AdamW: partial(_adam, decoupled=True),
}
