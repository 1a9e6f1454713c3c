"""Normalisation layers, y = γ x̂ + β with x̂ = (x - μ) / σ: y's tangent is γ P ẋ / σ + x̂ t_γ + t_β, P symmetric."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.graph import Node

from famus_ext.engine.rules.protocol import PairRule, Rule, Tangents, add_tangents, saved
from famus_ext.ops.norm_pushforward import norm_pushforward


def batch_norm(node: Node, tangents: Tangents) -> Tangents:
    """Batch normalisation in either mode."""
    return _batch_norm(node, tangents, None)


def batch_norm_relu(relu: Node, node: Node, tangents: Tangents) -> Tangents:
    """Batch normalisation and the ReLU that reads it: the mask costs no pass over memory of its own."""
    return _batch_norm(node, tangents, saved(relu, "result"))


def _batch_norm(node: Node, tangents: Tangents, relu: Tensor | None) -> Tangents:
    """The tangent of y, or of the ReLU of y whose output is `relu`."""
    x_dot, gamma_dot, beta_dot = tangents[:3]
    tangent = norm_pushforward(
        saved(node, "input"),
        *batch_statistics(node),
        saved(node, "weight"),
        batch_statistics=saved(node, "training"),
        x_dot=x_dot,
        weight_dot=gamma_dot,
        bias_dot=beta_dot,
        relu=relu,
    )
    return (tangent,)


def batch_statistics(node: Node) -> tuple[Tensor, Tensor]:
    """μ and 1/σ as the forward pass used them, each [C]."""
    if saved(node, "training"):
        return saved(node, "result1"), saved(node, "result2")
    epsilon = saved(node, "eps") if hasattr(node, "_saved_eps") else saved(node, "epsilon")
    return saved(node, "running_mean"), torch.rsqrt(saved(node, "running_var") + epsilon)


def layer_norm(node: Node, tangents: Tangents) -> Tangents:
    """Layer normalisation: γ varies within a group, so P ẋ / σ is taken without it and γ applied after."""
    x_dot, gamma_dot, beta_dot = tangents[:3]
    x, mean, inverse_std = (saved(node, name) for name in ("input", "result1", "result2"))
    total = None
    if x_dot is not None:
        # Without a scale the kernel wants statistics of the input's dtype; under autocast they are wider.
        shape, weight = saved(node, "normalized_shape"), saved(node, "weight")
        total = torch.ops.aten.native_layer_norm_backward(
            *(tensor.to(mean.dtype).contiguous() for tensor in (x_dot, x)),
            *(shape, mean, inverse_std, None, None, [True, False, False]),
        )[0]
        total = total if weight is None else total * weight
    moved = None if gamma_dot is None else ((x - mean) * inverse_std) * gamma_dot
    return (add_tangents(total, moved, None if beta_dot is None else beta_dot.expand_as(x)),)


def group_norm(node: Node, tangents: Tangents) -> Tangents:
    """Group normalisation of x [N, C, ...], statistics [N, G]."""
    x_dot, gamma_dot, beta_dot = tangents[:3]
    x, mean, inverse_std = (saved(node, name) for name in ("input", "result1", "result2"))
    channels = (1, -1, *[1] * (x.dim() - 2))
    total = None
    if x_dot is not None:
        sizes = [saved(node, name) for name in ("N", "C", "HxW", "group")]
        # The kernel takes a gradient and an input of the same layout.
        total = torch.ops.aten.native_group_norm_backward(
            *(tensor.to(mean.dtype).contiguous(memory_format=layout_of(x)) for tensor in (x_dot, x)),
            *(mean, inverse_std, None, *sizes, [True, False, False]),
        )[0]
        weight = saved(node, "weight")
        total = total if weight is None else total * weight.view(channels)
    moved = None
    if gamma_dot is not None:
        spread = [per_channel(statistic, x) for statistic in (mean, inverse_std)]
        moved = ((x - spread[0]) * spread[1]) * gamma_dot.view(channels)
    return (add_tangents(total, moved, None if beta_dot is None else beta_dot.view(channels).expand_as(x)),)


def rms_norm(node: Node, tangents: Tangents) -> Tangents:
    """Root-mean-square normalisation, y = γ x̂ with x̂ = x / ρ: ẏ = γ (ẋ - x̂ m(x̂ ẋ)) / ρ + x̂ t_γ, m the mean over a row.

    A node of its own on a GPU; elsewhere its parts are.
    """
    x_dot, gamma_dot = (*tangents, None)[:2]
    inverse_rms, weight = saved(node, "result1"), saved(node, "weight")
    normalised = saved(node, "input") * inverse_rms
    total = None
    if x_dot is not None:
        row = tuple(range(-len(saved(node, "normalized_shape")), 0))
        moved = x_dot.to(normalised.dtype)
        total = (moved - normalised * (normalised * moved).mean(row, keepdim=True)) * inverse_rms
        total = total if weight is None else total * weight
    return (add_tangents(total, None if gamma_dot is None else normalised * gamma_dot),)


def per_channel(statistic: Tensor, x: Tensor) -> Tensor:
    """A statistic [N, G] repeated over the channels of each group, [N, C, 1, ...]."""
    repeats: Any = x.shape[1] // statistic.shape[1]
    return statistic.repeat_interleave(repeats, dim=1).view(*x.shape[:2], *[1] * (x.dim() - 2))


def layout_of(x: Tensor) -> torch.memory_format:
    """Channels-last if x is stored so and is not contiguous as well."""
    channels_last = x.dim() == 4 and not x.is_contiguous() and x.is_contiguous(memory_format=torch.channels_last)
    return torch.channels_last if channels_last else torch.contiguous_format


NORM_RULES: dict[str, Rule] = {
    "NativeBatchNorm": batch_norm,
    "CudnnBatchNorm": batch_norm,
    "NativeLayerNorm": layer_norm,
    "NativeGroupNorm": group_norm,
    "FusedRmsNorm": rms_norm,
}

NORM_PAIR_RULES: dict[tuple[str, str], PairRule] = {
    ("NativeBatchNorm", "Relu"): batch_norm_relu,
    ("CudnnBatchNorm", "Relu"): batch_norm_relu,
}
