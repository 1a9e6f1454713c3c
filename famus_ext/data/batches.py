"""Random batches as indices: the data stay where they are, on the device."""

from __future__ import annotations

import torch
from torch import Tensor


def epoch_batches(size: int, batch_size: int, generator: torch.Generator) -> tuple[Tensor, ...]:
    """Every example once, in random order, in batches whose sizes differ by at most one.

    ceil(size / batch_size) batches, the larger ones first: no last batch of a few examples, on which BatchNorm and
    weights that are normalised over the batch would behave differently.

    Args:
        size: N, the number of examples.
        batch_size: The largest batch.
        generator: Source of randomness.

    Returns:
        int64 indices, one tensor a batch.
    """
    return torch.randperm(size, generator=generator).tensor_split(num_batches(size, batch_size))


def meta_batch(size: int, batch_size: int, generator: torch.Generator) -> Tensor:
    """min(batch_size, size) different examples of the meta set, int64; a new draw a step."""
    return torch.randperm(size, generator=generator)[:batch_size]


def num_batches(size: int, batch_size: int) -> int:
    """Steps in an epoch, ceil(size / batch_size)."""
    return -(-size // batch_size)
