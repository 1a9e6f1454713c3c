"""Images and their labels, as two tensors on one device."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class LabelledImages:
    """A labelled set small enough to live in memory.

    Attributes:
        images: float32 `[N, channels, height, width]`.
        labels: int64 `[N]`, each in `[0, num_classes)`.
        num_classes: C, the number of classes.

    Raises:
        ValueError: for as many labels as there are not images, or a label outside `[0, num_classes)`.
    """

    images: Tensor
    labels: Tensor
    num_classes: int

    def __post_init__(self) -> None:
        if len(self.images) != len(self.labels):
            raise ValueError(
                f"images and labels: expected one label an image, got {len(self.images)} images "
                f"and {len(self.labels)} labels"
            )
        if len(self.labels) and not 0 <= int(self.labels.min()) <= int(self.labels.max()) < self.num_classes:
            raise ValueError(
                f"labels: expected values in [0, {self.num_classes}), got "
                f"[{int(self.labels.min())}, {int(self.labels.max())}]"
            )

    @property
    def class_sizes(self) -> Tensor:
        """Images of every class by these labels, int64 `[C]`."""
        return torch.bincount(self.labels, minlength=self.num_classes)

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, indices: Tensor) -> LabelledImages:
        """The examples at `indices` (int64 `[n]`), in that order."""
        return LabelledImages(self.images[indices], self.labels[indices], self.num_classes)

    def to(self, device: torch.device | str) -> LabelledImages:
        """The same set on another device."""
        return LabelledImages(self.images.to(device), self.labels.to(device), self.num_classes)
