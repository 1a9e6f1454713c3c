"""Groups of classes of similar size, for a weight function of their own each."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from famus_ext._checks import check_positive_integer
from famus_ext.losses.class_sizes import per_class


def group_classes(class_sizes: Sequence[float] | Tensor, groups: int = 3) -> Tensor:
    """Group classes by their sizes: the k-means partition of the sizes on a line.

    On a line the best partition is one of consecutive sizes, so it is found exactly, by dynamic programming over the
    distinct sizes: the best k groups of the smallest j end in a group that starts at some i, after the best k - 1 of
    the smallest i. Classes of one size are in one group.

    Source: the grouping of CMW-Net, Shu et al., TPAMI 2023.

    Args:
        class_sizes: The number of training examples of each class [C].
        groups: The number of groups; there are fewer if there are fewer distinct sizes.

    Returns:
        The group of each class [C], int64, from 0 for the smallest classes.

    Raises:
        TypeError, ValueError: An argument does not fit; the message names it.
    """
    check_positive_integer(groups, "groups")
    sizes, members, counts = torch.unique(
        per_class(class_sizes, "class_sizes", at_least=0), return_inverse=True, return_counts=True
    )
    spread = _spread(sizes, counts)
    cost, starts = spread[0], []
    for _ in range(min(groups, len(sizes)) - 1):
        costs = cost.unsqueeze(1) + spread
        start = costs.argmin(0)
        cost = costs.gather(0, start.unsqueeze(0)).squeeze(0)
        starts.append(start)
    bounds = [len(sizes)]
    for start in reversed(starts):
        bounds.insert(0, int(start[bounds[0]]))
    return torch.bucketize(members, torch.tensor(bounds), right=True)


def _spread(sizes: Tensor, counts: Tensor) -> Tensor:
    """The sum of squares about their mean of the classes with sizes[i:j], as [i, j]; infinite where there are none."""
    centred = sizes - sizes.mean()
    moments = torch.stack([counts.to(sizes), counts * centred, counts * centred.square()])
    sums = torch.nn.functional.pad(moments.cumsum(1), (1, 0))
    count, first, second = sums.unsqueeze(1) - sums.unsqueeze(2)
    return torch.where(count > 0, second - first.square() / count, torch.inf)
