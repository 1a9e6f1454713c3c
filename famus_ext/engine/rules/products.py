"""Operations bilinear in input and weight: the tangent is one product for each factor that moves."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.autograd.graph import Node
from torch.nn import functional

from famus_ext.engine.rules.protocol import Rule, Tangents, add_tangents, output_shape, saved


def convolution(node: Node, tangents: Tangents) -> Tangents:
    """conv(ẋ, W) + conv(x, t_W) + t_b."""
    x_dot, weight_dot, bias_dot = tangents
    geometry = (
        *(list(saved(node, name)) for name in ("stride", "padding", "dilation")),
        saved(node, "transposed"),
        list(saved(node, "output_padding")),
        saved(node, "groups"),
    )
    total: Tensor | None = None
    if weight_dot is not None:
        total = torch.convolution(saved(node, "input"), weight_dot, bias_dot, *geometry)
        bias_dot = None
    if x_dot is not None:
        product = torch.convolution(x_dot, saved(node, "weight"), bias_dot, *geometry)
        total = product if total is None else total.add_(product)
        bias_dot = None
    if total is None and bias_dot is not None:
        shape = output_shape(node)
        # Without a batch the channels come first, with one second.
        channel = len(shape) - len(geometry[0]) - 1
        total = bias_dot.view(-1, *[1] * (len(shape) - channel - 1)).expand(shape)
    return (total,)


def addmm(node: Node, tangents: Tangents) -> Tangents:
    """β ḃ + α (Ȧ B + A Ḃ)."""
    addend_dot, left_dot, right_dot = tangents
    alpha, beta = saved(node, "alpha"), saved(node, "beta")
    products = [
        None if left_dot is None else left_dot @ saved(node, "mat2"),
        None if right_dot is None else saved(node, "mat1") @ right_dot,
    ]
    scaled = [p if p is None or alpha == 1 else p * alpha for p in products]
    if addend_dot is not None:
        addend_dot = (addend_dot if beta == 1 else addend_dot * beta).expand(output_shape(node))
    return (add_tangents(*scaled, addend_dot),)


def matmul(node: Node, tangents: Tangents) -> Tangents:
    """Ȧ B + A Ḃ."""
    left_dot, right_dot = tangents
    return (
        add_tangents(
            None if left_dot is None else left_dot @ saved(node, "mat2"),
            None if right_dot is None else saved(node, "self") @ right_dot,
        ),
    )


def linear(node: Node, tangents: Tangents) -> Tangents:
    """ẋ Wᵀ + x t_Wᵀ + t_b, where the linear layer is one node."""
    x_dot, weight_dot, bias_dot = tangents
    return (
        add_tangents(
            None if x_dot is None else functional.linear(x_dot, saved(node, "weight")),
            None if weight_dot is None else functional.linear(saved(node, "input"), weight_dot),
            None if bias_dot is None else bias_dot.expand(output_shape(node)),
        ),
    )


def mul(node: Node, tangents: Tangents) -> Tangents:
    """ȧ b + a ḃ."""
    left_dot, right_dot = (*tangents, None)[:2]
    return (
        add_tangents(
            None if left_dot is None else left_dot * saved(node, "other"),
            None if right_dot is None else right_dot * saved(node, "self"),
        ),
    )


def addcmul(node: Node, tangents: Tangents) -> Tangents:
    """ċ + value (ȧ b + a ḃ)."""
    offset_dot, left_dot, right_dot = tangents
    value = saved(node, "value")
    return (
        add_tangents(
            offset_dot,
            None if left_dot is None else left_dot * saved(node, "tensor2") * value,
            None if right_dot is None else saved(node, "tensor1") * right_dot * value,
        ),
    )


def baddbmm(node: Node, tangents: Tangents) -> Tangents:
    """β ċ + α (ȧ b + a ḃ), of stacks of matrices."""
    offset_dot, left_dot, right_dot = tangents
    alpha = saved(node, "alpha")
    return (
        add_tangents(
            None if offset_dot is None else offset_dot * saved(node, "beta"),
            None if left_dot is None else torch.bmm(left_dot, saved(node, "batch2")) * alpha,
            None if right_dot is None else torch.bmm(saved(node, "batch1"), right_dot) * alpha,
        ),
    )


PRODUCT_RULES: dict[str, Rule] = {
    "Convolution": convolution,
    "Addmm": addmm,
    "Mm": matmul,
    "Bmm": matmul,
    "Baddbmm": baddbmm,
    "Addcmul": addcmul,
    "Linear": linear,
    "Mul": mul,
}
