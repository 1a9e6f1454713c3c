"""Fused attention: recomputed in its plain form from the saved q, k, v, a block of queries at a time.

    S = scale · Q Kᵀ + mask        P = softmax(S)        O = P V
    Ṡ = scale · (Q̇ Kᵀ + Q K̇ᵀ)      Ȯ = (P ∘ Ṡ) V - rowsum(P ∘ Ṡ) ∘ O + P V̇

A fused kernel can be differentiated once only and has no forward mode; its own memory is linear in the number of
queries, and so is this rule's. With dropout, whose mask D no kernel hands out, W = P ∘ D / (1 - p) has P's place beside
V; the node's own backward tells W, since what it gives for V is Wᵀ ∂O.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor
from torch.autograd.graph import Node

from famus_ext.engine.rules.protocol import Rule, Tangents, pull, saved
from famus_ext.errors import PushforwardError

QUERIES_PER_BLOCK = 512
"""Rows of the score matrix held at a time: a few hundred fill the products, more only cost memory."""


def attention(node: Node, tangents: Tangents) -> Tangents:
    """Pushforward of scaled dot-product attention, q [B, H, N, E], k [B, G, M, E], v [B, G, M, F] with G dividing H."""
    q, k, v = (saved(node, name) for name in ("query", "key", "value"))
    drops = saved(node, "dropout_p") > 0
    if drops:
        _require_own_values(node, q, v)
    q_dot, k_dot, v_dot, mask_dot = (*tangents, None)[:4]
    heads = q.shape[1]
    wide = torch.promote_types(q.dtype, torch.float32)
    k, v = _for_heads(k, heads, wide), _for_heads(v, heads, wide)
    k_dot, v_dot = (None if tensor is None else _for_heads(tensor, heads, wide) for tensor in (k_dot, v_dot))
    scale = saved(node, "scale")
    scale = 1 / math.sqrt(q.shape[-1]) if scale is None else scale
    mask = _mask(node)
    blocks = []
    # The backward tells of as many queries at a time as a value has entries.
    step = v.shape[-1] if drops else QUERIES_PER_BLOCK
    for start in range(0, q.shape[2], step):
        rows = slice(start, start + step)
        q_block = q[:, :, rows].to(wide) * scale
        scores = q_block @ k.transpose(-2, -1)
        if mask is not None:
            scores = scores + mask.expand(*mask.shape[:-2], q.shape[2], -1)[..., rows, :]
        if saved(node, "is_causal"):
            scores = scores.masked_fill(_future(scores, start), -math.inf)
        weights = scores.softmax(-1)
        if mask is not None:
            # A query that may look nowhere, a padded one say, has weight zero everywhere and not NaN.
            weights = weights.masked_fill(scores.isneginf().all(-1, keepdim=True), 0)
        blocks.append(
            _block_tangent(
                weights,
                _dropped(node, start, min(step, q.shape[2] - start)).to(wide) if drops else weights,
                k,
                v,
                q_block,
                None if q_dot is None else q_dot[:, :, rows].to(wide) * scale,
                k_dot,
                v_dot,
                None if mask_dot is None else mask_dot.expand(*mask_dot.shape[:-2], q.shape[2], -1)[..., rows, :],
            )
        )
    return (torch.cat(blocks, dim=2).to(q.dtype),)


def _block_tangent(
    weights: Tensor,  # P [B, H, rows, M]
    dropped: Tensor,  # W [B, H, rows, M]
    k: Tensor,  # [B, H, M, E]
    v: Tensor,  # [B, H, M, F]
    q: Tensor,  # [B, H, rows, E]
    q_dot: Tensor | None,  # [B, H, rows, E]
    k_dot: Tensor | None,  # [B, H, M, E]
    v_dot: Tensor | None,  # [B, H, M, F]
    mask_dot: Tensor | None,  # [..., rows, M]
) -> Tensor:
    """Ȯ of one block of queries; q and q̇ come scaled."""
    total = torch.zeros(*weights.shape[:-1], v.shape[-1], dtype=v.dtype, device=v.device)
    if q_dot is not None or k_dot is not None or mask_dot is not None:
        scores_dot = torch.zeros_like(weights)
        if q_dot is not None:
            scores_dot += q_dot @ k.transpose(-2, -1)
        if k_dot is not None:
            scores_dot += q @ k_dot.transpose(-2, -1)
        if mask_dot is not None:
            scores_dot += mask_dot
        total += (dropped * (scores_dot - (weights * scores_dot).sum(-1, keepdim=True))) @ v
    if v_dot is not None:
        total += dropped @ v_dot
    return total


def _require_own_values(node: Node, q: Tensor, v: Tensor) -> None:
    """Raise unless the backward answers for the values of every head by itself."""
    if node.next_functions[2][0] is None or q.shape[1] != v.shape[1]:
        raise PushforwardError(
            "the dropout mask of fused attention cannot be had where heads share values, or values need no gradient; "
            "run the model under torch.nn.attention.sdpa_kernel(SDPBackend.MATH), or without dropout in its attention"
        )


def _dropped(node: Node, start: int, count: int) -> Tensor:
    """W [B, H, count, M] of the queries from `start` on: what the backward gives for V where ∂O has ones there."""
    cotangent = torch.zeros_like(saved(node, "output"))  # also of its layout, which cuDNN asks for
    cotangent[..., start : start + count, :count].diagonal(dim1=-2, dim2=-1).fill_(1)
    rest: Any = [None] * (len(node._input_metadata) - 1)
    v_gradient = pull(node, cotangent, *rest)[2]
    return v_gradient[..., :count].transpose(-2, -1)  # type: ignore[index]


def _for_heads(tensor: Tensor, heads: int, dtype: torch.dtype) -> Tensor:
    """Keys or values in the wide dtype, repeated where several query heads share one of them."""
    return tensor.repeat_interleave(heads // tensor.shape[1], dim=1).to(dtype)


def _mask(node: Node) -> Tensor | None:
    """The additive mask, under either of its names."""
    for name in ("attn_mask", "attn_bias"):
        if hasattr(node, f"_saved_{name}"):
            mask: Tensor | None = saved(node, name)
            return mask
    return None


def _future(scores: Tensor, start: int) -> Tensor:
    """Where a query, numbered from `start`, must not look: at later keys."""
    rows, keys = scores.shape[-2:]
    queries = torch.arange(start, start + rows, device=scores.device).unsqueeze(-1)
    return torch.arange(keys, device=scores.device) > queries


ATTENTION_RULES: dict[str, Rule] = {
    f"ScaledDotProduct{kind}Attention{where}": attention
    for kind in ("Flash", "Efficient", "Cudnn", "Fused")
    for where in ("", "ForCpu", "Overrideable")
}
