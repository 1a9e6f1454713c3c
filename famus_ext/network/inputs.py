"""A network's inputs: a tensor, a tuple of positional arguments, or a mapping of keyword arguments."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any

from torch import Tensor


def batch_size(inputs: Any) -> int | None:
    """N: the length of the first tensor among the inputs; None where there is no tensor."""
    return next((len(tensor) for tensor in _leaves(inputs) if isinstance(tensor, Tensor) and tensor.dim()), None)


def slice_inputs(inputs: Any, size: int, start: int, stop: int) -> Any:
    """The examples from `start` to `stop`: every tensor of N = `size` rows is cut, all else is handed on."""
    return map_rows(inputs, size, lambda tensor: tensor[start:stop])


def map_rows(inputs: Any, size: int, change: Callable[[Tensor], Tensor]) -> Any:
    """The inputs with every tensor of N = `size` rows changed, depth first; all else is handed on."""
    if isinstance(inputs, Mapping):
        return {name: map_rows(value, size, change) for name, value in inputs.items()}
    if isinstance(inputs, (tuple, list)):
        return tuple(map_rows(value, size, change) for value in inputs)
    if isinstance(inputs, Tensor) and inputs.dim() and len(inputs) == size:
        return change(inputs)
    return inputs


def cuts(size: int, pieces: int) -> list[tuple[int, int]]:
    """Start and stop of at most `pieces` parts of `size` examples, their lengths differing by at most one."""
    pieces = max(1, min(pieces, size))
    edges = [size * piece // pieces for piece in range(pieces + 1)]
    return list(pairwise(edges))


def _leaves(inputs: Any) -> list[Any]:
    """Every value in the inputs, depth first."""
    if isinstance(inputs, Mapping):
        return [leaf for value in inputs.values() for leaf in _leaves(value)]
    if isinstance(inputs, (tuple, list)):
        return [leaf for value in inputs for leaf in _leaves(value)]
    return [inputs]
