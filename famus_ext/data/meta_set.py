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
    """The label under which each training image may enter meta or test set, int64 `[N]`, -1 where it may not.

    Where no meta set is taken out, they are for a test set alone: the right labels, or where nobody knows them those
    that were found.

    Args:
        source: The data set.
        meta_set: Where its meta set comes from.

    Raises:
        ValueError: for an unknown name, or when the right labels are asked for and nobody knows them.
    """
    if meta_set not in META_SETS:
        raise ValueError(f"meta_set: expected one of {', '.join(META_SETS)}, got {meta_set!r}")
    if source.meta is not None or meta_set == "pseudo-clean":
        labels = source.train.labels if source.known_labels is None else source.known_labels
        return labels.masked_fill(in_meta_set(source), -1)
    if meta_set == "given":
        return source.train.labels
    if source.known_labels is None:
        raise ValueError(
            "meta_set: nobody knows the right labels of this data set, and no clean set comes with it; put images that "
            "you trust into a folder meta beside train, or list them under the set meta of a CSV file; 'given' takes "
            "images with the labels that they were found with, 'pseudo-clean' finds some that are likely right"
        )
    return source.known_labels


def in_meta_set(source: Source) -> Tensor:
    """Which training images the published clean set holds too, by their names: bool `[N]`; not to be used otherwise."""
    mask = torch.zeros(len(source.train), dtype=torch.bool)
    if source.meta is not None and source.meta.names and source.train.names:
        known = set(source.meta.names)
        mask = torch.tensor([name in known for name in source.train.names], dtype=torch.bool)
    return mask
