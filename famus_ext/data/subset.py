"""A random part of a training set, so that an experiment finishes on a CPU."""

from __future__ import annotations

import torch
from torch import Tensor

from famus_ext.data.per_class import balanced_counts, random_of_each_class


def subset_indices(
    labels: Tensor, num_classes: int, size: int, generator: torch.Generator, *, balanced: bool = True
) -> Tensor:
    """`size` images drawn without replacement.

    Args:
        labels: True labels, int64 `[N]`.
        num_classes: C, the number of classes.
        size: Images to keep.
        generator: Source of randomness.
        balanced: Whether every class gets the same number, the first classes one more where `size` is no multiple of
            C; otherwise every image has the same chance.

    Returns:
        Indices into `labels`, int64 `[size]`, in ascending order.

    Raises:
        ValueError: for fewer than one image, more than there are, or more of a class than it has.
    """
    if not 1 <= size <= len(labels):
        raise ValueError(f"num_train: expected a number in [1, {len(labels)}], the images left, got {size}")
    if balanced:
        return random_of_each_class(labels, balanced_counts(size, num_classes), "num_train", generator)
    return torch.randperm(len(labels), generator=generator)[:size].sort().values
