"""The three sets of one experiment on noisy or long-tailed labels, and how they are made from a clean source."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import torch
from torch import Tensor

from famus_ext.data.labelled import LabelledImages
from famus_ext.data.long_tail import TailProfile, long_tail_indices
from famus_ext.data.noise import NoiseType, corrupt, transition_matrix
from famus_ext.data.seeding import generator
from famus_ext.data.source import Source
from famus_ext.data.split import split_indices
from famus_ext.data.subset import subset_indices


@dataclass(frozen=True)
class NoisyData:
    """Noisy training set, clean meta set and clean test set.

    Attributes:
        train: Training images with their given labels, N examples.
        meta: Clean meta images, M examples.
        test: Clean test images.
        true_labels: True labels of the training images, int64 `[N]`; None where nobody knows them.
        indices: Position of every training image in the source's training set, int64 `[N]`.
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
    def true_class_sizes(self) -> Tensor | None:
        """Training images of every class by their true labels, int64 `[C]`; None where nobody knows them.

        `train.class_sizes` counts the given labels.
        """
        return None if self.true_labels is None else torch.bincount(self.true_labels, minlength=self.num_classes)

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
    source: Source,
    noise_type: NoiseType,
    noise_rate: float,
    num_meta: int,
    num_test: int | None,
    seed: int,
    *,
    num_train: int | None = None,
    balanced: bool = True,
    imbalance: float | None = None,
    profile: TailProfile = "exponential",
) -> NoisyData:
    """Splits a clean set, cuts its training part to size and shape, and corrupts the labels of what is left.

    In this order: test set (unless the source brings one), meta set, subset, long tail, noise. So test and meta set
    are the same for every subset, tail and noise, and clean; the training images are the same for every noise.

    Args:
        source: Clean images.
        noise_type: The kind of noise, see `transition_matrix`.
        noise_rate: Its rate p, in `[0, 1]`.
        num_meta: Size of the clean meta set, balanced over the classes.
        num_test: Size of the clean test set to split off; None for a source with one of its own.
        seed: Decides split, subset, tail and noise, each by a random stream of its own.
        num_train: Training images to keep before the tail is cut; None for all.
        balanced: Whether those are balanced over the classes.
        imbalance: Ratio of the largest to the smallest training class, or its inverse, see `class_sizes`; None leaves
            the classes as they are.
        profile: How the sizes of the classes fall.

    Raises:
        ValueError: for a rate outside `[0, 1]`, sets that the source is too small for, a test set's size where the
            source brings a test set or none where it does not, or a tail that leaves a class empty.
    """
    matrix = transition_matrix(noise_type, source.num_classes, noise_rate)
    labels, num_classes = source.train.labels, source.num_classes
    split = split_indices(labels, num_classes, num_meta, _size_to_split_off(source, num_test), generator(seed, "split"))
    kept = split.train
    if num_train is not None:
        kept = kept[subset_indices(labels[kept], num_classes, num_train, generator(seed, "subset"), balanced=balanced)]
    if imbalance is not None:
        tail = generator(seed, "long tail")
        kept = kept[long_tail_indices(labels[kept], num_classes, imbalance, tail, profile=profile)]
    true_labels = labels[kept]
    given_labels, _ = corrupt(true_labels, matrix, generator(seed, "noise"))
    return NoisyData(
        train=LabelledImages(source.train.images[kept], given_labels, num_classes),
        meta=source.train[split.meta],
        test=source.train[split.test] if source.test is None else source.test,
        true_labels=true_labels,
        indices=kept,
    )


def _size_to_split_off(source: Source, num_test: int | None) -> int:
    """Images of the test set that is taken from the training set: none where the source brings its own."""
    if source.test is None:
        if num_test is None or num_test < 1:
            raise ValueError(
                f"num_test: expected at least 1, for the source has no test set of its own, got {num_test}"
            )
        return num_test
    if num_test is not None:
        size = len(source.test)
        raise ValueError(
            f"num_test: expected None, for the source has its own test set of {size} images, got {num_test}"
        )
    return 0
