"""cuDNN's operations that can be differentiated once only: done again by PyTorch's own, which can be twice.

With y = f(x) run again on what the node saved, v ↦ Jᵀ v is linear in v, so J ẋ = ∂⟨Jᵀ v, ẋ⟩ / ∂v, whatever v is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor
from torch.autograd.graph import Node

from famus_ext.engine.rules.protocol import Rule, Tangents, saved
from famus_ext.errors import PushforwardError


def recurrent(node: Node, tangents: Tangents) -> Tangents:
    """torch.nn.RNN, LSTM and GRU; slots input, weights, h_0, c_0, outputs y, h_n, c_n."""
    if saved(node, "dropout") > 0 and saved(node, "train") and saved(node, "num_layers") > 1:
        raise PushforwardError(
            "the dropout masks between the layers of a cuDNN network cannot be had again; run the model with "
            "torch.backends.cudnn.enabled = False, or without dropout between them"
        )
    # Numbered as cuDNN does; an LSTM alone has cells.
    function: Any = (torch.rnn_relu, torch.rnn_tanh, torch.lstm, torch.gru)[saved(node, "mode")]
    start = [state for name in ("hx", "cx") if (state := saved(node, name)) is not None]
    has_cells, has_biases = len(start) == 2, saved(node, "weight_stride0") >= 4
    kind = (has_biases, saved(node, "num_layers"), 0.0, False, saved(node, "bidirectional"))
    sizes = torch.tensor(saved(node, "batch_sizes"), dtype=torch.int64)  # on the CPU, of a packed sequence

    def run(x: Tensor, *rest: Tensor) -> Sequence[Tensor]:
        weights, state = list(rest[: -len(start)]), rest[-len(start) :]
        first = state if has_cells else state[0]
        if len(sizes):
            found = function(x, sizes, first, weights, *kind)
        else:
            found = function(x, first, weights, *kind, saved(node, "batch_first"))
        return tuple(found)

    with _without_cudnn():
        return _pushed(run, [saved(node, "input"), *saved(node, "weight"), *start], tangents)


def grid_sample(node: Node, tangents: Tangents) -> Tangents:
    """The bilinear one with zeros around and aligned corners; slots input, grid."""

    def run(x: Tensor, grid: Tensor) -> Sequence[Tensor]:
        return (torch.ops.aten.grid_sampler_2d(x, grid, 0, 0, True),)

    return _pushed(run, [saved(node, "self"), saved(node, "grid")], tangents)


def _pushed(function: Callable[..., Sequence[Tensor]], inputs: list[Tensor], tangents: Tangents) -> Tangents:
    """J ẋ of a function that can be differentiated twice, one answer for each of its outputs."""
    with torch.enable_grad():
        inputs = [x.detach().requires_grad_(t is not None) for x, t in zip(inputs, tangents, strict=False)]
        outputs = function(*inputs)
        moving = [(x, t) for x, t in zip(inputs, tangents, strict=False) if t is not None]
        cotangents = [torch.ones_like(y, requires_grad=True) for y in outputs]
        pulled = torch.autograd.grad(outputs, [x for x, _ in moving], cotangents, create_graph=True, allow_unused=True)
        pairs = [(p, t) for p, (_, t) in zip(pulled, moving, strict=True) if p is not None and p.requires_grad]
        answers: Tangents = torch.autograd.grad(
            [p for p, _ in pairs], cotangents, [t for _, t in pairs], allow_unused=True
        )
    return answers


@contextmanager
def _without_cudnn() -> Iterator[None]:
    """`torch.backends.cudnn.flags` would set all its flags, among them those of TF32 in the older of their two ways."""
    cudnn = torch.backends.cudnn
    before = cudnn.enabled
    cudnn.enabled = False
    try:
        yield
    finally:
        cudnn.enabled = before


CUDNN_RULES: dict[str, Rule] = {
    "CudnnRnn": recurrent,
    "CudnnGridSampler": grid_sample,
}
