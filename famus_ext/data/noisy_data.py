"""The three sets of one experiment on noisy or long-tailed labels."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from famus_ext.data.labelled_set import LabelledSet
from famus_ext.data.noise.label_files import hash_labels, labels_by_position


@dataclass(frozen=True)
class NoisyData:
    """Noisy training set, clean meta set and clean test set.

    Attributes:
        train: Training images with their given labels, N examples.
        meta: Clean meta images, M examples; for a pseudo-clean meta set the training set itself, of which it is a part.
        test: Test images, clean where `test_is_clean`.
        true_labels: True labels of the training images, int64 `[N]`, -1 for an image whose given label is known to be
            wrong and whose right one is not known; None where nobody knows them.
        indices: Position of every training image in the source's training set, int64 `[N]`.
        class_names: What the classes are called, C names in the order of the labels; None where they have no names.
        test_is_clean: Whether the test labels are right, as far as anybody knows; those that are split off a training
            set of which nobody knows better are as they were found.
    """

    train: LabelledSet
    meta: LabelledSet
    test: LabelledSet
    true_labels: Tensor | None
    indices: Tensor
    class_names: tuple[str, ...] | None = None
    test_is_clean: bool = True

    @property
    def num_classes(self) -> int:
        """C, the number of classes."""
        return self.train.num_classes

    @property
    def wrong(self) -> Tensor | None:
        """Whether each given label is wrong, bool `[N]`; None where the true labels are not known."""
        return None if self.true_labels is None else self.train.labels != self.true_labels

    @property
    def actual_noise_rate(self) -> float | None:
        """Share of training labels that are wrong; None where the true labels are not known."""
        return None if self.wrong is None else float(self.wrong.double().mean())

    @property
    def true_class_sizes(self) -> Tensor | None:
        """Training images of every class by their true labels, int64 `[C]`; None where nobody knows them.

        `train.class_sizes` counts the given labels.
        """
        if self.true_labels is None:
            return None
        return torch.bincount(self.true_labels[self.true_labels >= 0], minlength=self.num_classes)

    @property
    def labels_hash(self) -> str:
        """SHA-256 of the given labels by their images' positions, as `saved_labels` has it.

        Equal hashes mean that runs trained on the same images under the same labels.
        """
        return hash_labels(labels_by_position(self.train.labels, self.indices))

    def to(self, device: torch.device | str) -> NoisyData:
        """The same data on another device; a pseudo-clean meta set stays the training set, and takes no memory."""
        train = self.train.to(device)
        return replace(
            self,
            train=train,
            meta=train if self.meta is self.train else self.meta.to(device),
            test=self.test.to(device),
            true_labels=None if self.true_labels is None else self.true_labels.to(device),
            indices=self.indices.to(device),
        )
