"""Collectives inside the network: batch normalisation with the statistics of all processes.

Every process sweeps the same graph in the same order, since gates agree, so their messages meet.
"""

from __future__ import annotations

import torch
import torch.distributed as dist
from torch import Tensor
from torch.autograd.graph import Node

from famus_ext.engine.rules.protocol import Rule, Tangents, add_tangents, pull
from famus_ext.errors import PushforwardError


def all_reduce(node: Node, tangents: Tangents) -> Tangents:
    """ẏ = Σ_p ẋ_p: y_p = Σ_q x_q in every process is symmetric, so the node's own backward is its pushforward."""
    (tangent,) = tangents[:1]
    assert tangent is not None
    operation = getattr(node, "op", dist.ReduceOp.SUM)
    if operation != dist.ReduceOp.SUM:
        raise PushforwardError(f"the all_reduce takes {operation}; only a sum can be passed")
    return (pull(node, tangent)[0],)


def sync_batch_norm(node: Node, tangents: Tangents) -> Tangents:
    """torch.nn.SyncBatchNorm in training mode, y = γ x̂ + β with x̂ = (x - μ) / σ over the examples of all processes.

        ẏ = γ (ẋ - m(ẋ) - x̂ m(x̂ ẋ)) / σ + x̂ t_γ + t_β        m: the mean over all examples and positions

    One message of 2 C numbers, as in the node's own backward.
    """
    x, weight, mean, inverse_std, counts = node.saved_tensors  # type: ignore[attr-defined]
    x_dot, gamma_dot, beta_dot = tangents[:3] if weight is not None else (tangents[0], None, None)
    normalised = (x - _along_channels(mean, x)) * _along_channels(inverse_std, x)
    total = None
    if x_dot is not None:
        others = [d for d in range(x.dim()) if d != 1]
        moved = x_dot.to(normalised.dtype)
        sums = torch.cat([moved.sum(others), (normalised * moved).sum(others)])
        dist.all_reduce(sums, group=node.process_group)  # type: ignore[attr-defined]
        first, second = (_along_channels(part, x) for part in (sums / counts.sum()).chunk(2))
        total = (moved - first - normalised * second) * _along_channels(inverse_std, x)
        total = total if weight is None else total * _along_channels(weight, x)
    scaled = None if gamma_dot is None else normalised * _along_channels(gamma_dot, x)
    shifted = None if beta_dot is None else _along_channels(beta_dot, x).expand_as(x)
    return (add_tangents(total, scaled, shifted),)


def _along_channels(values: Tensor, x: Tensor) -> Tensor:
    """Values [C] in the shape of x [N, C, ...]."""
    return values.view(1, -1, *[1] * (x.dim() - 2))


COLLECTIVE_RULES: dict[str, Rule] = {
    "torch.distributed.nn.functional._AllReduce": all_reduce,
    "torch.nn.modules._functions.SyncBatchNorm": sync_batch_norm,
}
"""By the autograd Function's name: importing the first would import what few programs need."""


def collective(function: type) -> Rule | None:
    """The rule of an autograd Function of torch's that sends messages; None for any other."""
    return COLLECTIVE_RULES.get(f"{function.__module__}.{function.__qualname__}")
