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


def embedding(node: Node, tangents: Tangents) -> Tangents:
    """Rows of t_W, but zero at the padding index, whose gradient is zero by definition."""
    indices, padding = saved(node, "indices"), saved(node, "padding_idx")
    (weight_dot,) = (t for t in tangents if t is not None)
    rows = functional.embedding(indices, weight_dot)
    return (rows.masked_fill((indices == padding).unsqueeze(-1), 0),)


def mul(node: Node, tangents: Tangents) -> Tangents:
    """ȧ b + a ḃ."""
    left_dot, right_dot = (*tangents, None)[:2]
    return (
        add_tangents(
            None if left_dot is None else left_dot * saved(node, "other"),
            None if right_dot is None else right_dot * saved(node, "self"),
        ),
    )


PRODUCT_RULES: dict[str, Rule] = {
    "Convolution": convolution,
    "Addmm": addmm,
    "Mm": matmul,
    "Bmm": matmul,
    "Linear": linear,
    "Embedding": embedding,
    "Mul": mul,
}
