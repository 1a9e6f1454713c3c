"""The rule for every other node: its pushforward is the derivative of its own backward.

A node's backward v ↦ Jᵀ v is linear in the cotangent v, so J ẋ = ∂⟨Jᵀ v, ẋ⟩ / ∂v, whatever v is.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.autograd.function import BackwardCFunction
from torch.autograd.graph import Node

from famus_ext._widest import widened
from famus_ext.engine.rules.protocol import Tangents, pull
from famus_ext.errors import PushforwardError

ADJOINT_TOLERANCE = 1e-2
"""Relative error of ⟨v, J ẋ⟩ against ⟨Jᵀ v, ẋ⟩ past which a Function's second derivative is taken to be wrong."""


def general(node: Node, tangents: Tangents) -> Tangents:
    """J ẋ as the derivative of the node's backward with respect to its cotangents."""
    if node.name().startswith("CompiledFunction"):
        raise PushforwardError("a region compiled by torch.compile does not show its operations; pass the plain module")
    own = isinstance(node, BackwardCFunction)
    cotangents = _cotangents(node, varied=own)
    with torch.enable_grad():
        pulled = pull(node, *cotangents)
    moved = [
        (p, t.expand_as(p).to(p.dtype))
        for p, t in zip(pulled, tangents, strict=True)
        if p is not None and t is not None
    ]
    _refuse_opaque(moved)
    moved = [(p, t) for p, t in moved if p.requires_grad]
    if not moved:
        return (None,) * len(cotangents)
    gradients = torch.autograd.grad(
        [p for p, _ in moved], cotangents, grad_outputs=[t for _, t in moved], allow_unused=True
    )
    if own:
        _check_adjoint(cotangents, gradients, moved)
    return gradients


def _cotangents(node: Node, *, varied: bool) -> list[Tensor]:
    """A cotangent for each output: any value will do, but a check of adjoints needs one that varies."""
    cotangents = []
    for output in node._input_metadata:
        kind = {"dtype": output.dtype, "device": output.device}
        size = int(torch.Size(output.shape).numel())
        value = torch.arange(size, **kind).sin() if varied else torch.ones(size, **kind)
        cotangents.append(value.view(output.shape).requires_grad_())
    return cotangents


def _refuse_opaque(moved: list[tuple[Tensor, Tensor]]) -> None:
    """A backward that autograd could not follow is fine only where it is zero, as for rounding or a sign."""
    for pulled, _ in moved:
        if not pulled.requires_grad and pulled.count_nonzero():
            raise PushforwardError("its backward cannot be differentiated")


def _check_adjoint(
    cotangents: list[Tensor], gradients: tuple[Tensor | None, ...], moved: list[tuple[Tensor, Tensor]]
) -> None:
    """A user's backward may call code that autograd does not see; then ⟨v, J ẋ⟩ differs from ⟨Jᵀ v, ẋ⟩."""
    with torch.no_grad():
        pairs = zip(cotangents, gradients, strict=True)
        left = sum(float((widened(v) * widened(g)).sum()) for v, g in pairs if g is not None)
        terms = [widened(p) * widened(t) for p, t in moved]
        right, scale = sum(float(term.sum()) for term in terms), sum(float(term.abs().sum()) for term in terms)
        if not abs(left - right) <= ADJOINT_TOLERANCE * scale:
            raise PushforwardError("its backward is not differentiable as written: its second derivative lacks a term")
