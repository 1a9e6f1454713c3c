"""The default random generators' states, so that a forward pass can be run again with the same random numbers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor

RandomState = tuple[Tensor, list[Tensor], Tensor | None]


def random_state() -> RandomState:
    """The states of the CPU's generator, of every CUDA GPU's, and of Apple's."""
    cuda = torch.cuda.get_rng_state_all() if torch.cuda.is_available() else []
    return torch.get_rng_state(), cuda, torch.mps.get_rng_state() if torch.backends.mps.is_available() else None


@contextmanager
def replayed(state: RandomState) -> Iterator[None]:
    """Draw random numbers as they were drawn from `state`; afterwards the generators are as they were before."""
    now = random_state()
    _set(state)
    try:
        yield
    finally:
        _set(now)


def _set(state: RandomState) -> None:
    """Put the default generators into a state."""
    torch.set_rng_state(state[0])
    if state[1]:
        torch.cuda.set_rng_state_all(state[1])
    if state[2] is not None:
        torch.mps.set_rng_state(state[2])
