"""Groups of training examples whose weights are compared: right labels with wrong ones, the head with the tail."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

from famus_ext.data import NoisyData

Group = Literal["clean", "wrong", "head", "tail"]

SHARE = 3
"""Head and tail are each a third of the classes, rounded down: 3 of 10."""


def example_groups(data: NoisyData, *, long_tailed: bool) -> dict[Group, Tensor]:
    """The groups that there are, each as a mask, bool `[N]`.

    Args:
        data: The data of one seed.
        long_tailed: Whether there is a head and a tail: the third of the classes with the most examples by their given
            labels, and the third with the fewest.
    """
    groups: dict[Group, Tensor] = {}
    if data.wrong is not None:
        groups["clean"], groups["wrong"] = ~data.wrong, data.wrong
    if long_tailed:
        labels, count = data.train.labels, max(data.num_classes // SHARE, 1)
        by_size = data.train.class_sizes.argsort(stable=True)
        groups["head"] = torch.isin(labels, by_size[-count:])
        groups["tail"] = torch.isin(labels, by_size[:count])
    return groups
