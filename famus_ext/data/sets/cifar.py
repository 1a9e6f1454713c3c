"""CIFAR-10 and CIFAR-100: 60,000 colour images of 32x32 pixels, as pickles for Python or as binary files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from famus_ext.data.files.expected import Published
from famus_ext.data.files.pickles import read_pickle
from famus_ext.data.labelled_images import LabelledImages
from famus_ext.data.preparation import Preparation
from famus_ext.data.sets.cifar_classes import CIFAR10_CLASSES, CIFAR100_CLASSES
from famus_ext.data.source import Source

PIXELS = (3, 32, 32)
ENTRIES = 3 * 32 * 32
TAKEN_FOR = {9: 1, 2: 0, 4: 7, 3: 5, 5: 3}
"""CIFAR-10: truck to automobile, bird to airplane, deer to horse, cat and dog to each other (Patrini et al., "Making
Deep Neural Networks Robust to Label Noise", CVPR 2017; DivideMix). CMW-Net leaves the dogs alone."""

PREPARATION_10 = Preparation((0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616), padding=4, mirror=True)
PREPARATION_100 = Preparation((0.5071, 0.4865, 0.4409), (0.2673, 0.2564, 0.2762), padding=4, mirror=True)

TRAIN_10 = tuple(f"data_batch_{number}" for number in range(1, 6))
PUBLISHED_10 = Published(
    "CIFAR-10",
    "cifar-10-batches-py/{data_batch_1, ..., data_batch_5, test_batch}             or, in its binary version,\n"
    "cifar-10-batches-bin/{data_batch_1.bin, ..., data_batch_5.bin, test_batch.bin}",
    "https://www.cs.toronto.edu/~kriz/cifar.html: cifar-10-python.tar.gz (MD5 c58f30108f718f92721af3b95e74349a) or "
    "cifar-10-binary.tar.gz",
)
PUBLISHED_100 = Published(
    "CIFAR-100",
    "cifar-100-python/{train, test}             or, in its binary version,\ncifar-100-binary/{train.bin, test.bin}",
    "https://www.cs.toronto.edu/~kriz/cifar.html: cifar-100-python.tar.gz (MD5 eb9058c3a382ffc7106e4002c42a8d85) or "
    "cifar-100-binary.tar.gz",
)


def load_cifar10(path: str | Path | None) -> Source:
    """50,000 training and 10,000 test images, ten classes of equal size.

    Args:
        path: The folder of the files, or the one that they were unpacked in.

    Returns:
        Images uint8 `[N, 3, 32, 32]` in the published order, clean labels, the map of asymmetric noise.

    Raises:
        FileNotFoundError: when a file is missing; the message says what is expected and where it comes from.
        ValueError: for a file that is damaged or holds something else.

    Source: A. Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", 2009.
    """
    read = _reader(
        PUBLISHED_10, path, ("cifar-10-batches-py", "cifar-10-batches-bin"), (*TRAIN_10, "test_batch"), ("labels",)
    )
    parts = [read(name) for name in TRAIN_10]
    images, labels = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    train = _labelled((images, labels), 10, PREPARATION_10)
    test = _labelled(read("test_batch"), 10, PREPARATION_10)
    return Source(train, test, confused=TAKEN_FOR, class_names=CIFAR10_CLASSES)


def load_cifar100(path: str | Path | None) -> Source:
    """50,000 training and 10,000 test images, a hundred classes of equal size in twenty superclasses.

    Asymmetric noise takes a class for the next one of its superclass (Patrini et al., CVPR 2017).

    Arguments, result and errors as of `load_cifar10`; the source knows the superclasses.
    """
    read = _reader(
        PUBLISHED_100,
        path,
        ("cifar-100-python", "cifar-100-binary"),
        ("train", "test"),
        ("coarse_labels", "fine_labels"),
    )
    content = read("train")
    train = _labelled(content, 100, PREPARATION_100)
    superclasses = _superclasses(content[1])
    test = _labelled(read("test"), 100, PREPARATION_100)
    confused = _next_in_superclass(superclasses)
    return Source(train, test, confused=confused, superclasses=superclasses, class_names=CIFAR100_CLASSES)


Content = tuple[NDArray[np.uint8], NDArray[np.int64]]
"""Images `[n, 3, 32, 32]` and their labels `[n, k]`: the class is in the last column, a superclass before it."""


def _reader(
    published: Published,
    path: str | Path | None,
    versions: tuple[str, str],
    files: Sequence[str],
    keys: tuple[str, ...],
) -> Callable[[str], Content]:
    """What reads one of the files by its name, in the first version and place where all of them are."""
    python, binary = versions
    root = published.root(path)
    templates = (f"{python}/{{}}", f"{binary}/{{}}.bin", "{}", "{}.bin")
    template = published.layout(root, {name: [name.format(file) for file in files] for name in templates})
    if template.endswith(".bin"):
        return lambda name: _read_binary(root / template.format(name), len(keys))
    return lambda name: _read_python(root / template.format(name), keys)


def _read_python(path: Path, keys: tuple[str, ...]) -> Content:
    """A file of the version for Python: a pickled dict of `data` `[n, 3072]` and lists of labels."""
    with path.open("rb") as file:
        content = read_pickle(file, path)
    if not isinstance(content, dict) or not {"data", *keys} <= set(content):
        raise ValueError(f"{path}: expected a dict of data, {', '.join(keys)}, got {_described(content)}")
    images = content["data"]
    if not isinstance(images, np.ndarray) or images.dtype != np.uint8 or images.shape != (len(images), ENTRIES):
        raise ValueError(f"{path}: expected images uint8 [n, {ENTRIES}], got {_described(images)}")
    try:
        labels = np.array([content[key] for key in keys], dtype=np.int64).T
    except (TypeError, ValueError, OverflowError) as error:
        raise ValueError(f"{path}: expected lists of labels, got others: {error}") from error
    if labels.shape != (len(images), len(keys)):
        raise ValueError(f"{path}: expected {len(images)} labels, one an image, got {labels.shape[0]}")
    return images.reshape(-1, *PIXELS), labels


def _read_binary(path: Path, num_labels: int) -> Content:
    """A file of the binary version: records of `num_labels` bytes and 3,072 more, colour by colour."""
    record = num_labels + ENTRIES
    content = np.fromfile(path, dtype=np.uint8)
    if len(content) == 0 or len(content) % record:
        raise ValueError(f"{path}: expected records of {record} bytes, got {len(content)} bytes; the file is damaged")
    records = content.reshape(-1, record)
    return records[:, num_labels:].reshape(-1, *PIXELS), records[:, :num_labels].astype(np.int64)


def _described(value: Any) -> str:
    """What came instead, in a few words."""
    if isinstance(value, np.ndarray):
        return f"{value.dtype} {list(value.shape)}"
    return f"one of {', '.join(map(str, value))}" if isinstance(value, dict) else type(value).__name__


def _labelled(content: Content, num_classes: int, preparation: Preparation) -> LabelledImages:
    images, labels = content
    return LabelledImages(torch.tensor(images), torch.tensor(labels[:, -1]), num_classes, preparation)


def _superclasses(labels: NDArray[np.int64]) -> tuple[int, ...] | None:
    """The superclass of every class by labels `[n, 2]`; None where a class is missing, as in a part of the set.

    Raises:
        ValueError: for a class in two superclasses.
    """
    pairs = {(int(fine), int(coarse)) for coarse, fine in np.unique(labels, axis=0)}
    superclass = dict(pairs)
    if len(superclass) < len(pairs):
        raise ValueError(f"coarse_labels: expected one superclass a class, got {len(pairs)} for {len(superclass)}")
    return tuple(superclass[label] for label in range(100)) if len(superclass) == 100 else None


def _next_in_superclass(superclasses: tuple[int, ...] | None) -> dict[int, int] | None:
    """Every class -> the one after it in its superclass, the last one -> the first."""
    if superclasses is None:
        return None
    taken_for: dict[int, int] = {}
    for group in set(superclasses):
        members = [label for label, superclass in enumerate(superclasses) if superclass == group]
        taken_for.update(zip(members, members[1:] + members[:1], strict=True))
    return taken_for
