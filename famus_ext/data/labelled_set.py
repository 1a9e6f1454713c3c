"""What the trainer asks of a labelled set, wherever its images lie."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence

import torch
from torch import Tensor


class LabelledSet(ABC):
    """N labelled images: `LabelledImages` in memory or `LabelledFiles` on disk.

    Attributes:
        labels: int64 `[N]`, each in `[0, num_classes)`.
        num_classes: C, the number of classes.
        names: What the images are called where they are published, most often a path; None where they have no names.
        ids: What their owner calls them, where it is something else; None where it is not.
    """

    labels: Tensor
    num_classes: int
    names: tuple[str, ...] | None
    ids: tuple[str, ...] | None

    @property
    @abstractmethod
    def image_shape(self) -> tuple[int, ...]:
        """Channels, height and width of an image as the network gets it."""

    @abstractmethod
    def views(self, batches: Sequence[Tensor], seed: int | None = None, first: int = 0) -> Iterator[Tensor]:
        """The images of one batch after the other, ready for the network.

        Args:
            batches: Positions of the examples, int64, one tensor a batch.
            seed: Of the random numbers that the images are augmented by; None leaves them as they are tested.
            first: Number of the first batch; an example's random numbers follow from seed, batch and position, so a
                stream may be cut anywhere.

        Yields:
            float32 `[n, *image_shape]`, on the labels' device.
        """

    @abstractmethod
    def __getitem__(self, indices: Tensor) -> LabelledSet:
        """The examples at `indices` (int64 `[n]`), in that order."""

    @abstractmethod
    def with_labels(self, labels: Tensor) -> LabelledSet:
        """The same images under other labels, int64 `[N]`."""

    @abstractmethod
    def to(self, device: torch.device | str) -> LabelledSet:
        """The same set with its labels, and its images where they are tensors, on another device."""

    @property
    def class_sizes(self) -> Tensor:
        """Images of every class by these labels, int64 `[C]`."""
        return torch.bincount(self.labels, minlength=self.num_classes)

    def __len__(self) -> int:
        return len(self.labels)

    def view(self, indices: Tensor) -> Tensor:
        """The images at `indices` `[n]` as they are tested, float32 `[n, *image_shape]`."""
        return next(self.views([indices]))

    def names_at(self, indices: Tensor) -> tuple[str, ...] | None:
        """The names of the examples at `indices`, None where they have none."""
        return _at(self.names, indices)

    def ids_at(self, indices: Tensor) -> tuple[str, ...] | None:
        """The ids of the examples at `indices`, None where they have none."""
        return _at(self.ids, indices)


def _at(strings: tuple[str, ...] | None, indices: Tensor) -> tuple[str, ...] | None:
    """Some of the strings, where there are any."""
    return None if strings is None else tuple(strings[index] for index in indices.tolist())


def check_labels(labels: Tensor, num_classes: int) -> None:
    """Raises ValueError, with the number of them, for labels outside `[0, num_classes)`."""
    outside = (labels < 0) | (labels >= num_classes)
    if bool(outside.any()):
        first = int(outside.nonzero()[0])
        raise ValueError(
            f"labels: expected values in [0, {num_classes}), got [{int(labels.min())}, {int(labels.max())}]; "
            f"{int(outside.sum())} of {len(labels)} outside, the first at position {first}"
        )
