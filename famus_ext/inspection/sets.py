"""The three sets of a run in numbers and words."""

from __future__ import annotations

from dataclasses import dataclass

from famus_ext.data import NoisyData, Source
from famus_ext.data.sets.registry import data_set
from famus_ext.inspection.pictures import Pictures
from famus_ext.train.options.data import DataOptions


@dataclass(frozen=True)
class ClassSizes:
    """A class: its name, None for none, and its images by the labels that they are given."""

    label: int
    name: str | None
    train: int
    meta: int
    test: int


@dataclass(frozen=True)
class Sets:
    """Training, meta and test set.

    Attributes:
        dataset: The data set's name.
        path: Where it lies; None for one that comes with a package.
        train: Images.
        meta: Images; None for a pseudo-clean meta set, which is picked anew every epoch.
        test: Images.
        meta_origin: Where the meta set comes from.
        test_origin: Where the test set comes from.
        image_shape: Channels, height and width, as the network gets them.
        files: What the image files are like; None where it is known, or not asked.
        noise: The kind of noise.
        asked_noise_rate: p; None where none is made.
        actual_noise_rate: Share of wrong training labels; None where nobody knows.
        labels_hash: Of the training labels.
        classes: The classes.
    """

    dataset: str
    path: str | None
    train: int
    meta: int | None
    test: int
    meta_origin: str
    test_origin: str
    image_shape: tuple[int, ...]
    files: str | None
    noise: str
    asked_noise_rate: float | None
    actual_noise_rate: float | None
    labels_hash: str
    classes: tuple[ClassSizes, ...]


def sets_of(options: DataOptions, source: Source, data: NoisyData, pictures: Pictures | None) -> Sets:
    """Describes the sets of a run."""
    kind, rate = options.noise
    pseudo_clean = options.meta_set == "pseudo-clean"
    names = data.class_names or (None,) * data.num_classes
    sizes = (data.train.class_sizes, data.meta.class_sizes, data.test.class_sizes)
    columns = [(size * (not (pseudo_clean and place == 1))).tolist() for place, size in enumerate(sizes)]
    found = data_set(options.dataset).noisy
    return Sets(
        dataset=options.dataset,
        path=options.data_path,
        train=len(data.train),
        meta=None if pseudo_clean else len(data.meta),
        test=len(data.test),
        meta_origin=_meta_origin(options, source),
        test_origin=_test_origin(source, data),
        image_shape=data.train.image_shape,
        files=None if pictures is None else pictures.describe(),
        noise=f"labels of {options.noise_file}" if kind == "file" else "as they were found" if found else kind,
        asked_noise_rate=None if found or kind == "file" else rate,
        actual_noise_rate=data.actual_noise_rate,
        labels_hash=data.labels_hash,
        classes=tuple(
            ClassSizes(label, name, *row)
            for label, (name, row) in enumerate(zip(names, zip(*columns, strict=True), strict=True))
        ),
    )


def _test_origin(source: Source, data: NoisyData) -> str:
    """Where the test set comes from, and whether its labels can be trusted."""
    if source.test is not None:
        return "comes with the data set"
    if not data.test_is_clean:
        return "split off the training set, under labels as they were found: its accuracy counts their mistakes"
    return "split off the training set, under clean labels"


def _meta_origin(options: DataOptions, source: Source) -> str:
    """Where the meta set comes from."""
    if options.meta_set == "pseudo-clean":
        return "picked from the noisy training set anew every epoch"
    if source.meta is not None:
        return (
            "comes with the data set" if options.num_meta is None else "a part of the one that comes with the data set"
        )
    if options.meta_set == "given":
        return "split off the training set, under labels as they were found: nobody vouches for them"
    return "split off the training set, under clean labels"
