"""Operations with a symmetric Jacobian: the node's own backward is its pushforward, J = Jᵀ.

Autograd's backward of a complex function is the conjugate transpose, which is not the pushforward: those take the
general rule.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.autograd.graph import Node

from famus_ext.engine.rules.general import general
from famus_ext.engine.rules.protocol import Rule, Tangents, add_tangents, output_shape, pull, saved


def symmetric(node: Node, tangents: Tangents) -> Tangents:
    """J ẋ = Jᵀ ẋ: one call of the node's backward, also where that has no derivative of its own."""
    tangent = tangents[0]
    if tangent is None or any(t is not None for t in tangents[1:]) or not _is_plain(node, tangent):
        return general(node, tangents)
    return (pull(node, tangent.to(node._input_metadata[0].dtype))[0],)


def diagonal(node: Node, tangents: Tangents) -> Tangents:
    """Σ_k diag(∂f/∂x_k) ẋ_k for elementwise functions of several inputs; a broadcast input takes the general rule."""
    if not all(t is None or _is_plain(node, t) for t in tangents):
        return general(node, tangents)
    moving = [(k, t) for k, t in enumerate(tangents) if t is not None]
    if len(moving) == 1:
        ((k, tangent),) = moving
        return (pull(node, tangent)[k],)
    # One call for all of them: of ones, the backward makes the diagonals themselves.
    diagonals = pull(node, torch.ones_like(moving[0][1]))
    return (add_tangents(*(diagonals[k] * t for k, t in moving)),)  # type: ignore[operator]


def _is_plain(node: Node, tangent: Tensor) -> bool:
    """Whether a tangent is real and was not broadcast."""
    is_complex = tangent.is_complex() or node._input_metadata[0].dtype.is_complex
    return tangent.shape == output_shape(node) and not is_complex


def add(node: Node, tangents: Tangents) -> Tangents:
    """ȧ + α ḃ."""
    return _signed_sum(node, tangents, 1)


def sub(node: Node, tangents: Tangents) -> Tangents:
    """ȧ - α ḃ."""
    return _signed_sum(node, tangents, -1)


def _signed_sum(node: Node, tangents: Tangents, sign: int) -> Tangents:
    """ȧ + sign · α ḃ, broadcast as the forward did."""
    left_dot, right_dot = (*tangents, None)[:2]
    if right_dot is not None and (scale := sign * saved(node, "alpha")) != 1:
        right_dot = right_dot * scale
    return (add_tangents(left_dot, right_dot),)


SYMMETRIC = (
    # Piecewise linear and smooth activations, in place or not.
    *("Relu", "Threshold", "LeakyRelu", "RreluWithNoise", "Hardtanh", "Hardsigmoid", "Hardswish", "Hardshrink"),
    *("Softshrink", "Elu", "Celu", "Gelu", "Silu", "Mish", "Softplus", "LogSigmoid", "Sigmoid", "Tanh", "Clamp"),
    *("ClampMin", "ClampMax", "NativeDropout", "Neg", "Abs", "Exp", "Exp2", "Expm1", "Log", "Log1P", "Log2", "Log10"),
    *("Sqrt", "Rsqrt", "Reciprocal", "Sin", "Cos", "Erf", "Alias", "Clone", "Detach", "MaskedFill"),
    # diag(p) - p pᵀ
    *("Softmax", "SafeSoftmax"),
)

ELEMENTWISE_RULES: dict[str, Rule] = {
    **dict.fromkeys(SYMMETRIC, symmetric),
    **dict.fromkeys(("Div", "Where", "Pow", "Maximum", "Minimum"), diagonal),
    "Add": add,
    "Sub": sub,
}
