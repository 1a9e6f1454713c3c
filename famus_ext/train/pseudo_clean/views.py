"""Two augmented views of each example."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from torch import Tensor

from famus_ext.data import LabelledSet

Views = tuple[Tensor, Tensor]
"""Two of the same examples, [n, ...] each."""


def two_views(
    images: LabelledSet, batches: Sequence[Tensor], seeds: tuple[int | None, int | None], first: int
) -> Iterator[Views]:
    """The images of one batch after the other, each under two independent augmentations.

    The views of a data set that is not augmented (digits, Fashion-MNIST) are equal.

    Args:
        images: The set.
        batches: Positions of the examples, int64, one tensor a batch.
        seeds: Of the two augmentations; None for none.
        first: Number of the first batch, see `LabelledSet.views`.
    """
    one, other = (images.views(batches, seed, first) for seed in seeds)
    return zip(one, other, strict=True)
