"""Jᵀ v of a node for its parameters alone: a node's own backward would compute its input's gradient as well."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import BackwardCFunction
from torch.autograd.graph import Node

from famus_ext.engine.rules import operation
from famus_ext.engine.rules.norms import layout_of
from famus_ext.engine.rules.protocol import pull, saved

Answers = tuple[Tensor | None, ...]
Pull = Callable[[Node, Tensor, tuple[int, ...]], Answers]
"""Maps a node, a cotangent of its first output and the slots wanted to one gradient a slot."""


@torch.no_grad()
def pull_parameters(node: Node, cotangent: Tensor, slots: tuple[int, ...]) -> dict[int, Tensor | None]:
    """The gradients of the slots."""
    name = operation(node)
    # A user's Function may bear any name; an input may depend on parameters as well (a learned shift of the image).
    own = isinstance(node, BackwardCFunction) or (name in INPUT_FIRST and 0 in slots)
    answers = (_own_backward if own else PULLS.get(name, _own_backward))(node, cotangent, slots)
    return {slot: answers[slot] for slot in slots}


def _own_backward(node: Node, cotangent: Tensor, slots: tuple[int, ...]) -> Answers:
    """Any node."""
    rest: Any = [None] * (len(node._input_metadata) - 1)
    return pull(node, cotangent, *rest)


def _convolution(node: Node, cotangent: Tensor, slots: tuple[int, ...]) -> Answers:
    """Slots input, weight, bias."""
    wanted = [False, 1 in slots, 2 in slots]
    answers: Answers = torch.ops.aten.convolution_backward(
        cotangent,
        saved(node, "input"),
        saved(node, "weight"),
        list(saved(node, "bias_sym_sizes_opt")) if wanted[2] else None,
        *(list(saved(node, name)) for name in ("stride", "padding", "dilation")),
        saved(node, "transposed"),
        list(saved(node, "output_padding")),
        saved(node, "groups"),
        wanted,
    )
    return answers


def _addmm(node: Node, cotangent: Tensor, slots: tuple[int, ...]) -> Answers:
    """Slots addend, left, right factor."""
    left, right = (name if slot in slots else None for slot, name in ((1, "mat2"), (2, "mat1")))
    alpha = saved(node, "alpha")
    return (
        cotangent * saved(node, "beta") if 0 in slots else None,
        None if left is None else (cotangent @ saved(node, left).mT) * alpha,
        None if right is None else (saved(node, right).mT @ cotangent) * alpha,
    )


def _linear(node: Node, cotangent: Tensor, slots: tuple[int, ...]) -> Answers:
    """Slots input, weight, bias."""
    rows = cotangent.flatten(0, -2)
    return (
        None,
        rows.mT @ saved(node, "input").flatten(0, -2) if 1 in slots else None,
        rows.sum(0) if 2 in slots else None,
    )


def _group_norm(node: Node, cotangent: Tensor, slots: tuple[int, ...]) -> Answers:
    """Slots input, scale, shift."""
    x, mean, inverse_std = (saved(node, name) for name in ("input", "result1", "result2"))
    answers: Answers = torch.ops.aten.native_group_norm_backward(
        *(tensor.to(mean.dtype).contiguous(memory_format=layout_of(x)) for tensor in (cotangent, x)),
        *(mean, inverse_std, saved(node, "weight")),
        *(saved(node, name) for name in ("N", "C", "HxW", "group")),
        [False, 1 in slots, 2 in slots],
    )
    return answers


INPUT_FIRST = {"Convolution", "Linear", "NativeGroupNorm"}
"""Operations below that leave out the gradient of slot 0."""

PULLS: dict[str, Pull] = {
    "Addmm": _addmm,
    "Convolution": _convolution,
    "Linear": _linear,
    "NativeGroupNorm": _group_norm,
}
