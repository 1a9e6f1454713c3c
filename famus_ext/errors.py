"""What can go wrong in a meta step, beyond a bad argument."""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch import Tensor

from famus_ext._widest import widened


class PushforwardError(RuntimeError):
    """The pushforward cannot pass a node of the autograd graph; the message names the node and the way out."""


class NonFiniteError(ArithmeticError):
    """A loss or a gradient is NaN or infinite; it has not reached the network's parameters."""


class ProcessError(RuntimeError):
    """A step of several processes cannot go on, because of another one: it has failed, or has ended."""


class CollapseWarning(UserWarning):
    """Meta-learning learns nothing any more: no weight, layer or gradient is left; the message says why it may be."""


def require_finite(values: Mapping[str, Tensor], beside: Tensor | None = None) -> list[float]:
    """Raise NonFiniteError if an entry of a tensor is NaN or infinite; one read from the device in all.

    Args:
        values: The tensors by name.
        beside: Numbers [k] to be had from the same read, finite or not: each waits for all that the device has to do.

    Returns:
        Those numbers.
    """
    values = {name: value for name, value in values.items() if value.numel()}
    # The 2-norm is an order of magnitude faster than the largest entry, but it can overflow where no entry is infinite.
    norms = [widened(torch.stack(torch._foreach_norm(list(values.values()))))] if values else []
    numbers = norms if beside is None else [*norms, widened(beside)]
    read: list[float] = torch.cat(numbers).tolist() if numbers else []
    seen, others = read[: len(values)], read[len(values) :]
    if all(map(math.isfinite, seen)):
        return others
    for name, value in values.items():
        largest = float(value.abs().max())
        if not math.isfinite(largest):
            raise NonFiniteError(
                f"{name} is not finite (largest entry {largest}); it has not reached the network's parameters. Look "
                "for NaN or infinite inputs, a learning rate that is too high, half precision without loss scaling"
            )
    return others
