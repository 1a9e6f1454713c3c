"""A long tail cut into a training set: class sizes that fall from the first class to the last.

With μ the ratio of the smallest to the largest class and classes c = 0, ..., C - 1::

    exponential   n_c = ⌊n_max · μ^(c / (C - 1))⌋
    step          n_c = n_max for the first half of the classes, ⌊n_max · μ⌋ for the last ⌊C / 2⌋

Sources: FaMUS, Section 5.4; Cui et al., "Class-Balanced Loss", CVPR 2019; the rounding and `step` are those of Cao et
al., "Learning Imbalanced Datasets with Label-Distribution-Aware Margin Loss" (LDAM), NeurIPS 2019.
"""

from __future__ import annotations

import math
from typing import Literal, get_args

import torch
from torch import Tensor

from famus_ext.data.per_class import random_of_each_class

TailProfile = Literal["exponential", "step"]

TAIL_PROFILES: tuple[TailProfile, ...] = get_args(TailProfile)


def class_sizes(
    n_max: int, num_classes: int, imbalance: float, profile: TailProfile = "exponential"
) -> tuple[int, ...]:
    """Images of every class, C numbers, the largest class first.

    Args:
        n_max: Images of the first class.
        num_classes: C, at least 2.
        imbalance: Imbalance factor, written either way: 100 and 0.01 both mean 100 to 1. 1 leaves the classes equal.
        profile: How the sizes fall.

    Raises:
        ValueError: for fewer than two classes, a factor that is not positive and finite, an unknown profile, or a
            class that would have no image.
    """
    sizes = tuple(int(n_max * share) for share in _shares(num_classes, imbalance, profile))
    if sizes[-1] < 1:
        raise ValueError(f"imbalance: {imbalance:g} leaves the last class without an image; the first has {n_max}")
    return sizes


def long_tail_indices(
    labels: Tensor,
    num_classes: int,
    imbalance: float,
    generator: torch.Generator,
    *,
    profile: TailProfile = "exponential",
) -> Tensor:
    """The images that remain when random ones are removed until the classes have the sizes of `class_sizes`.

    n_max is the largest number for which every class has the images that its size asks for; where the classes are
    equally large to begin with, it is their size.

    Args:
        labels: True labels, int64 `[N]`.
        num_classes: C, at least 2.
        imbalance: Imbalance factor, see `class_sizes`.
        generator: Source of randomness.
        profile: How the sizes fall.

    Returns:
        Indices into `labels`, int64, in ascending order.

    Raises:
        ValueError: as `class_sizes`.
    """
    available = torch.bincount(labels, minlength=num_classes).tolist()
    shares = _shares(num_classes, imbalance, profile)
    n_max = min(int(images / share) for images, share in zip(available, shares, strict=True))
    sizes = class_sizes(n_max, num_classes, imbalance, profile)
    return random_of_each_class(labels, sizes, "imbalance", generator)


def _shares(num_classes: int, imbalance: float, profile: TailProfile) -> list[float]:
    """n_c / n_max of every class before rounding."""
    if num_classes < 2:
        raise ValueError(f"num_classes: expected at least 2, got {num_classes}")
    if not (math.isfinite(imbalance) and imbalance > 0):
        raise ValueError(f"imbalance: expected a positive number such as 100 or 0.01, got {imbalance}")
    smallest = 1 / imbalance if imbalance > 1 else float(imbalance)
    if profile == "exponential":
        return [smallest ** (label / (num_classes - 1)) for label in range(num_classes)]
    if profile == "step":
        in_tail = num_classes // 2
        return [1.0] * (num_classes - in_tail) + [smallest] * in_tail
    raise ValueError(f"profile: expected one of {', '.join(TAIL_PROFILES)}, got {profile!r}")
