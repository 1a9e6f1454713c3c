"""What the weights of an epoch were: by group, and by size."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from famus_ext.train.recording.example_groups import Group
from famus_ext.train.recording.weight_histogram import weight_histogram


def epoch_weights(weights: Tensor, groups: dict[Group, Tensor], *, weighting: bool) -> dict[str, Any]:
    """The fields of `EpochRecord` that say it.

    Args:
        weights: Of every training example, `[N]`.
        groups: Which examples are in which group, bool `[N]`.
        weighting: Whether the method gives weights; of one that does not, none are counted by size.
    """
    known = "clean" in groups

    def mean(group: Group) -> float | None:
        found = weights[groups[group]] if group in groups else torch.empty(0)
        return float(found.mean()) if len(found) else None

    def counts(members: Tensor | None) -> list[int]:
        return weight_histogram(weights[members]) if weighting and members is not None else []

    return {
        "weight_clean": mean("clean"),
        "weight_wrong": mean("wrong"),
        "weight_head": mean("head"),
        "weight_tail": mean("tail"),
        "weight_histogram_clean": counts(groups.get("clean")),
        "weight_histogram_wrong": counts(groups.get("wrong")),
        "weight_histogram_all": counts(None if known else torch.ones_like(weights, dtype=torch.bool)),
    }
