"""Disjoint training, meta and test sets."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from famus_ext.data.per_class import balanced_counts, first_of_each_class


@dataclass(frozen=True)
class Split:
    """Indices into the source set, int64, no index twice: `train` `[N]`, `meta` `[M]`, `test` `[T]`."""

    train: Tensor
    meta: Tensor
    test: Tensor


def split_indices(labels: Tensor, num_classes: int, num_meta: int, num_test: int, generator: torch.Generator) -> Split:
    """Takes a test set out at random, then a class-balanced meta set, and leaves the rest for training.

    The meta set is taken before any label is corrupted, so it is clean. Where `num_meta` is no multiple of the
    number of classes, the first classes have one image more.

    Args:
        labels: Labels that are trusted, int64 `[total]`; -1 for an image that may only be trained on.
        num_classes: C, the number of classes.
        num_meta: Size of the meta set, at least one image a class; 0 where the source has one of its own.
        num_test: Size of the test set; 0 where the source has one of its own.
        generator: Source of randomness.

    Returns:
        The three sets of indices, each in random order.

    Raises:
        ValueError: when the source is too small for the sets asked for, or a class lacks images for the meta set.
    """
    total = len(labels)
    if num_test < 0:
        raise ValueError(f"num_test: expected 0 or more, got {num_test}")
    if 0 != num_meta < num_classes:
        raise ValueError(f"num_meta: expected at least one image for each of {num_classes} classes, got {num_meta}")
    if num_meta + num_test >= total:
        raise ValueError(
            f"num_meta and num_test: {num_meta} + {num_test} images leave nothing to train on; there are {total}"
        )
    order = torch.randperm(total, generator=generator)
    trusted = labels[order] >= 0
    for_test = trusted & (trusted.cumsum(0) <= num_test)
    test, rest = order[for_test], order[~for_test]
    if len(test) < num_test:
        raise ValueError(f"num_test: expected at most {len(test)}, the images with trusted labels, got {num_test}")
    in_meta = first_of_each_class(labels[rest], balanced_counts(num_meta, num_classes), "num_meta")
    return Split(train=rest[~in_meta], meta=rest[in_meta], test=test)
