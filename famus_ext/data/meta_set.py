"""Where the meta set comes from."""

from __future__ import annotations

from typing import Literal, get_args

import torch
from torch import Tensor

from famus_ext.data.source import Source

MetaSet = Literal["clean", "given", "pseudo-clean"]
"""`clean`: images whose labels are known to be right, taken out before any label is changed, or the clean set that is
published beside the training set. `given`: training images with the labels that they were found with, for a data set
of which nobody knows better. `pseudo-clean`: none is taken out, not even where one is published; training picks it from
the noisy training set."""

META_SETS: tuple[MetaSet, ...] = get_args(MetaSet)


def trusted_labels(source: Source, meta_set: MetaSet) -> Tensor:
    """The label under which each training image may enter meta and test set, int64 `[N]`, -1 where it may not.

    Args:
        source: The data set.
        meta_set: Where its meta set comes from.

    Raises:
        ValueError: for an unknown name, or when the right labels are asked for and nobody knows them.
    """
    if meta_set not in META_SETS:
        raise ValueError(f"meta_set: expected one of {', '.join(META_SETS)}, got {meta_set!r}")
    if source.meta is not None:
        return torch.full_like(source.train.labels, -1)
    if meta_set == "pseudo-clean":
        known = source.known_labels
        return torch.full_like(source.train.labels, -1) if known is None else known
    if meta_set == "given":
        return source.train.labels
    if source.known_labels is None:
        raise ValueError(
            "meta_set: nobody knows the right labels of this data set, and no clean set comes with it; "
            "'given' takes images with the labels that they were found with"
        )
    return source.known_labels
