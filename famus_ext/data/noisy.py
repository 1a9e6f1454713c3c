"""The three sets of one experiment on noisy labels, and how they are made from a clean source."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import torch
from torch import Tensor

from famus_ext.data.labelled import LabelledImages
from famus_ext.data.noise import NoiseType, corrupt, transition_matrix
from famus_ext.data.seeding import generator
from famus_ext.data.split import split_indices


@dataclass(frozen=True)
class NoisyData:
    """Noisy training set, clean meta set and clean test set.

    Attributes:
        train: Training images with their given labels, N examples.
        meta: Clean meta images, M examples.
        test: Clean test images.
        true_labels: True labels of the training images, int64 `[N]`; None where nobody knows them.
        indices: Position of every training image in the source set, int64 `[N]`.
    """

    train: LabelledImages
    meta: LabelledImages
    test: LabelledImages
    true_labels: Tensor | None
    indices: Tensor

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
    def labels_hash(self) -> str:
        """SHA-256 of the given labels (int64, little-endian): equal hashes mean that runs trained on equal labels."""
        return hashlib.sha256(self.train.labels.cpu().numpy().astype("<i8").tobytes()).hexdigest()

    def to(self, device: torch.device | str) -> NoisyData:
        """The same data on another device."""
        true_labels = None if self.true_labels is None else self.true_labels.to(device)
        return NoisyData(
            self.train.to(device), self.meta.to(device), self.test.to(device), true_labels, self.indices.to(device)
        )


def make_noisy(
    source: LabelledImages, noise_type: NoiseType, noise_rate: float, num_meta: int, num_test: int, seed: int
) -> NoisyData:
    """Splits a clean set and corrupts the labels of its training part.

    Args:
        source: Clean images.
        noise_type: The kind of noise, see `transition_matrix`.
        noise_rate: Its rate p, in `[0, 1]`.
        num_meta: Size of the clean meta set, balanced over the classes and taken out before the corruption.
        num_test: Size of the clean test set.
        seed: Decides the split and the noise, each by a random stream of its own.

    Raises:
        ValueError: for a rate outside `[0, 1]` or sets that the source is too small for.
    """
    matrix = transition_matrix(noise_type, source.num_classes, noise_rate)
    split = split_indices(source.labels, source.num_classes, num_meta, num_test, generator(seed, "split"))
    true_labels = source.labels[split.train]
    given_labels, _ = corrupt(true_labels, matrix, generator(seed, "noise"))
    return NoisyData(
        train=LabelledImages(source.images[split.train], given_labels, source.num_classes),
        meta=source[split.meta],
        test=source[split.test],
        true_labels=true_labels,
        indices=split.train,
    )
