"""How the three sets of one experiment are made from a source."""

from __future__ import annotations

import torch
from torch import Tensor

from famus_ext.data.labelled_set import LabelledSet
from famus_ext.data.long_tail import TailProfile, long_tail_indices
from famus_ext.data.meta_set import MetaSet, in_meta_set, trusted_labels
from famus_ext.data.noise.given import Noise, given_labels
from famus_ext.data.noise.kinds import NoiseType
from famus_ext.data.noisy_data import NoisyData
from famus_ext.data.per_class import balanced_counts, random_of_each_class
from famus_ext.data.seeding import generator
from famus_ext.data.source import Source
from famus_ext.data.split import split_indices
from famus_ext.data.subset import subset_indices


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
    _check_addable(noise, source)
    trusted = trusted_labels(source, meta_set)
    size, test_size = _meta_to_split_off(source, num_meta, meta_set), _test_to_split_off(source, num_test)
    split = split_indices(trusted, source.num_classes, size, test_size, generator(seed, "split"))
    kept = split.train[(noise.labelled(source) & ~in_meta_set(source))[split.train]]
    labels = source.train.labels
    if num_train is not None:
        subset = generator(seed, "subset")
        kept = kept[subset_indices(labels[kept], source.num_classes, num_train, subset, balanced=balanced)]
    if imbalance is not None:
        tail = generator(seed, "long tail")
        kept = kept[long_tail_indices(labels[kept], source.num_classes, imbalance, tail, profile=profile)]
    train = source.train[kept].with_labels(given_labels(noise, source, kept, seed))
    if meta_set == "pseudo-clean":
        meta = train
    elif source.meta is None:
        meta = source.train[split.meta].with_labels(trusted[split.meta])
    else:
        meta = _part_of(source.meta, num_meta, seed)
    known = source.known_labels
    tested_right = known is not None and torch.equal(known[split.test], trusted[split.test])
    return NoisyData(
        train=train,
        meta=meta,
        test=source.train[split.test].with_labels(trusted[split.test]) if source.test is None else source.test,
        true_labels=None if known is None else known[kept],
        indices=kept,
        class_names=source.class_names,
        test_is_clean=source.test is not None or tested_right,
    )


def _check_addable(noise: Noise, source: Source) -> None:
    """Raises ValueError for noise to be made on labels that are noisy as they were found."""
    if not source.noisy or (noise.kind != "file" and not noise.rate):
        return
    asked = "noise_type: expected no file" if noise.kind == "file" else "noise_rate: expected 0"
    got = noise.kind if noise.kind == "file" else noise.rate
    raise ValueError(f"{asked}, for the labels of this data set are noisy as they were found, got {got}")


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
