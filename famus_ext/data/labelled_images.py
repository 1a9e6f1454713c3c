"""Images and their labels, as two tensors on one device."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from famus_ext.data.example_random import example_seeds
from famus_ext.data.labelled_set import LabelledSet, check_labels
from famus_ext.data.preparation import Preparation

AS_THEY_ARE = Preparation()


@dataclass(frozen=True)
class LabelledImages(LabelledSet):
    """A labelled set small enough to live in memory, on the device that it is used on.

    Attributes:
        images: `[N, channels, height, width]`; uint8, or float32 in `[0, 1]`.
        labels: int64 `[N]`, each in `[0, num_classes)`.
        num_classes: C, the number of classes.
        preparation: What happens to them on their way to the network.
        names: What they are called where they are published; None where they have no names.
        ids: What their owner calls them, where it is something else; None where it is not.

    Raises:
        ValueError: for as many labels, names or ids as there are not images, or a label outside `[0, num_classes)`.
    """

    images: Tensor
    labels: Tensor
    num_classes: int
    preparation: Preparation = AS_THEY_ARE
    names: tuple[str, ...] | None = None
    ids: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        if len(self.images) != len(self.labels):
            raise ValueError(
                f"images and labels: expected one label an image, got {len(self.images)} images "
                f"and {len(self.labels)} labels"
            )
        if self.names is not None and len(self.names) != len(self.labels):
            raise ValueError(f"names: expected {len(self.labels)}, one an image, got {len(self.names)}")
        if self.ids is not None and len(self.ids) != len(self.labels):
            raise ValueError(f"ids: expected {len(self.labels)}, one an image, got {len(self.ids)}")
        check_labels(self.labels, self.num_classes)

    @property
    def image_shape(self) -> tuple[int, ...]:
        """Channels, height and width."""
        return tuple(self.images.shape[1:])

    def views(self, batches: Sequence[Tensor], seed: int | None = None, first: int = 0) -> Iterator[Tensor]:
        """See `LabelledSet.views`."""
        for number, indices in enumerate(batches, start=first):
            images = self.images[indices.to(self.images.device)]
            if seed is not None:
                images = self.preparation.augment(images, example_seeds(seed, number, indices.cpu().numpy()))
            yield self.preparation.normalise(images)

    def __getitem__(self, indices: Tensor) -> LabelledImages:
        """The examples at `indices` (int64 `[n]`), in that order."""
        names, ids = self.names_at(indices), self.ids_at(indices)
        return replace(self, images=self.images[indices], labels=self.labels[indices], names=names, ids=ids)

    def with_labels(self, labels: Tensor) -> LabelledImages:
        """The same images under other labels, int64 `[N]`."""
        return replace(self, labels=labels)

    def to(self, device: torch.device | str) -> LabelledImages:
        """The same set on another device."""
        return replace(self, images=self.images.to(device), labels=self.labels.to(device))
