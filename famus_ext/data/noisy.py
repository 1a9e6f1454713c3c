"""The three sets of one experiment on noisy or long-tailed labels, and how they are made from a source."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from famus_ext.data.labelled_set import LabelledSet
from famus_ext.data.long_tail import TailProfile, long_tail_indices
from famus_ext.data.meta_set import MetaSet, in_meta_set, trusted_labels
from famus_ext.data.noise.given import Noise, given_labels
from famus_ext.data.noise.kinds import NoiseType
from famus_ext.data.noise.label_files import hash_labels, labels_by_position
from famus_ext.data.per_class import balanced_counts, random_of_each_class
from famus_ext.data.seeding import generator
from famus_ext.data.source import Source
from famus_ext.data.split import split_indices
from famus_ext.data.subset import subset_indices


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


def make_noisy(
    source: Source,
    noise_type: NoiseType,
    noise_rate: float,
    num_meta: int | None,
    num_test: int | None,
    seed: int,
    *,
    noise_labels: Tensor | None = None,
    meta_set: MetaSet = "clean",
    num_train: int | None = None,
    balanced: bool = True,
    imbalance: float | None = None,
    profile: TailProfile = "exponential",
) -> NoisyData:
    """Splits a data set, cuts its training part to size and shape, and gives the images that are left their labels.

    In this order: test set (unless the source brings one), meta set, subset, long tail, noise. So test and meta set
    are the same for every subset, tail and noise, and free of noise that is made; the training images are the same for
    every noise.

    Args:
        source: The data set.
        noise_type: The kind of noise, see `NoiseType`.
        noise_rate: Its rate p, in `[0, 1]`; 0 for a source with noisy labels, which keeps them.
        num_meta: Size of the meta set, balanced over the classes; None for the whole of a published one, and for a
            pseudo-clean one.
        num_test: Size of the test set to split off; None for a source with one of its own.
        seed: Decides split, subset, tail and noise, each by a random stream of its own.
        noise_labels: Of the noise `file`: labels of the source's first training images, see `read_labels`. Images
            without a label are not trained on.
        meta_set: Where the meta set comes from.
        num_train: Training images to keep before the tail is cut; None for all.
        balanced: Whether those are balanced over the classes.
        imbalance: Ratio of the largest to the smallest training class, or its inverse, see `class_sizes`; None leaves
            the classes as they are.
        profile: How the sizes of the classes fall.

    Raises:
        ValueError: for a rate outside `[0, 1]`, sets that the source is too small for, a test set's size where the
            source brings a test set or none where it does not, a meta set that nobody can vouch for, noise on noisy
            labels, or a tail that leaves a class empty.
    """
    noise = Noise(noise_type, noise_rate, noise_labels)
    if source.noisy and (noise.rate or noise.kind == "file"):
        option, expected = ("noise_type", "no file") if noise.kind == "file" else ("noise_rate", "0")
        got = noise.kind if noise.kind == "file" else noise.rate
        raise ValueError(
            f"{option}: expected {expected}, for the labels of this data set are noisy as they were found, got {got}"
        )
    num_classes, labels = source.num_classes, source.train.labels
    trusted = trusted_labels(source, meta_set)
    size, test_size = _meta_to_split_off(source, num_meta, meta_set), _test_to_split_off(source, num_test)
    split = split_indices(trusted, num_classes, size, test_size, generator(seed, "split"))
    kept = split.train[(noise.labelled(source) & ~in_meta_set(source))[split.train]]
    if num_train is not None:
        kept = kept[subset_indices(labels[kept], num_classes, num_train, generator(seed, "subset"), balanced=balanced)]
    if imbalance is not None:
        tail = generator(seed, "long tail")
        kept = kept[long_tail_indices(labels[kept], num_classes, imbalance, tail, profile=profile)]
    train = source.train[kept].with_labels(given_labels(noise, source, kept, seed))
    if meta_set == "pseudo-clean":
        meta = train
    elif source.meta is None:
        meta = source.train[split.meta].with_labels(trusted[split.meta])
    else:
        meta = _part_of(source.meta, num_meta, seed)
    known = source.known_labels
    right = known is not None and torch.equal(known[split.test], trusted[split.test])
    return NoisyData(
        train=train,
        meta=meta,
        test=source.train[split.test].with_labels(trusted[split.test]) if source.test is None else source.test,
        true_labels=None if source.known_labels is None else source.known_labels[kept],
        indices=kept,
        class_names=source.class_names,
        test_is_clean=source.test is not None or right,
    )


def _part_of(meta: LabelledSet, size: int | None, seed: int) -> LabelledSet:
    """A published clean set, or a random part of it that is balanced over the classes."""
    if size is None:
        return meta
    counts = balanced_counts(size, meta.num_classes)
    return meta[random_of_each_class(meta.labels, counts, "num_meta", generator(seed, "meta set"))]


def _meta_to_split_off(source: Source, num_meta: int | None, meta_set: MetaSet) -> int:
    """Images of the meta set that is taken from the training set: none where the source brings its own."""
    if meta_set == "pseudo-clean":
        if num_meta is not None:
            raise ValueError(f"num_meta: expected None for a pseudo-clean meta set, got {num_meta}")
        return 0
    if source.meta is not None:
        return 0
    if num_meta is None or num_meta < 1:
        raise ValueError(f"num_meta: expected at least 1, for the source has no meta set of its own, got {num_meta}")
    return num_meta


def _test_to_split_off(source: Source, num_test: int | None) -> int:
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
