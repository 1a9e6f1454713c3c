"""Images chosen by numbers a class."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor


def first_of_each_class(labels: Tensor, counts: Sequence[int], name: str) -> Tensor:
    """The first `counts[c]` images of every class c, in the order of `labels`.

    Args:
        labels: True labels, int64 `[N]`.
        counts: Images wanted of every class, C numbers.
        name: The argument that asked for them, for the message.

    Returns:
        Whether each image is chosen, bool `[N]`.

    Raises:
        ValueError: for a class that has too few images.
    """
    chosen = torch.zeros(len(labels), dtype=torch.bool)
    for label, wanted in enumerate(counts):
        members = (labels == label).nonzero().flatten()
        if len(members) < wanted:
            raise ValueError(
                f"{name}: {sum(counts)} images need {wanted} of class {label}, but only {len(members)} are left"
            )
        chosen[members[:wanted]] = True
    return chosen


def random_of_each_class(labels: Tensor, counts: Sequence[int], name: str, generator: torch.Generator) -> Tensor:
    """`counts[c]` images of every class c, drawn without replacement: their indices, int64, in ascending order.

    Arguments and errors as in `first_of_each_class`.
    """
    order = torch.randperm(len(labels), generator=generator)
    return order[first_of_each_class(labels[order], counts, name)].sort().values


def balanced_counts(size: int, num_classes: int) -> list[int]:
    """Sizes of `num_classes` parts of `size` that differ by at most one, the larger ones first."""
    quotient, remainder = divmod(size, num_classes)
    return [quotient + (label < remainder) for label in range(num_classes)]
