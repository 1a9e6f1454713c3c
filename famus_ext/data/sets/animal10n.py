"""ANIMAL-10N: 55,000 images of five pairs of animals that are mistaken for each other, raw or in binary files."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import torch

from famus_ext.data.files.expected import Published
from famus_ext.data.files.folders import image_names
from famus_ext.data.files.lists import Rows
from famus_ext.data.labelled_images import LabelledImages
from famus_ext.data.labelled_set import LabelledSet
from famus_ext.data.preparation import Preparation
from famus_ext.data.recipe import IMAGENET_MEAN, IMAGENET_STD
from famus_ext.data.sets.form import Small, labelled
from famus_ext.data.source import Source

CLASSES = (
    "cat",
    "lynx",
    "wolf",
    "coyote",
    "cheetah",
    "jaguar",
    "chimpanzee",
    "orangutan",
    "hamster",
    "guinea pig",
)
"""What the labels 0 to 9 mean."""
NUM_CLASSES = len(CLASSES)
SIZE = 64
PREPARATION = Preparation(IMAGENET_MEAN, IMAGENET_STD, padding=4, mirror=True)  # no constants come with it
FILE_NAME = re.compile(r"(\d+)_.*?(\d+)\.\w+$")

PUBLISHED = Published(
    "ANIMAL-10N",
    "raw_image/{training, testing}/<label>_img_<number>.jpg             or, in its binary version,\n"
    "{data_batch_1.bin, ..., data_batch_5.bin, test_batch.bin}",
    "its authors, by a form: https://dm.kaist.ac.kr/datasets/animal-10n",
)


def load_animal10n(path: str | Path | None) -> Source:
    """50,000 training images, about 8 % of whose labels are wrong, and 5,000 test images, in memory.

    Args:
        path: The folder of either version, or one that it was unpacked in.

    Returns:
        Images uint8 `[N, 3, 64, 64]` with noisy labels; nobody knows the right ones. Raw images are in the order of
        their numbers.

    Raises:
        FileNotFoundError: when files are missing; the message says what is expected and where it comes from.
        ValueError: for damaged files.

    Source: H. Song, M. Kim, J.-G. Lee, "SELFIE: Refurbishing Unclean Samples for Robust Deep Learning", ICML 2019.
    """
    root = PUBLISHED.root(path)
    places = (".", "raw_image", "raw_image_ver", "raw_image_ver/raw_image")
    layouts = {place: [f"{place}/training", f"{place}/testing"] for place in places}
    binary_places = ("./*.bin", "animal-10n/*.bin", "binary_image_ver/*.bin")
    for place in binary_places:
        layouts[place] = [place.replace("*", name) for name in ("data_batch_*", "test_batch")]
    found = PUBLISHED.layout(root, layouts)
    if found in binary_places:
        folder = (root / found).parent
        number = lambda file: int("".join(filter(str.isdigit, file.stem)) or 0)  # noqa: E731
        train = _read_binary(sorted(folder.glob("data_batch_*.bin"), key=number))
        return Source(train, _read_binary([folder / "test_batch.bin"]), noisy=True, class_names=CLASSES)
    raw, test = (_read_raw(root / found, name) for name in ("training", "testing"))
    return Source(raw, test, noisy=True, class_names=CLASSES)


def _read_raw(root: Path, folder: str) -> LabelledSet:
    """Images whose names begin with their labels."""
    names = image_names(root, folder)
    parsed = [(FILE_NAME.match(Path(name).name), name) for name in names]
    unknown = [name for match, name in parsed if match is None]
    if unknown or not names:
        got = f"{len(unknown)} others, {unknown[0]} say" if unknown else "none"
        raise ValueError(f"{root / folder}: expected images called <label>_img_<number>.jpg, got {got}")
    found = sorted((int(match[2]), int(match[1]), name) for match, name in parsed if match)
    rows: Rows = [name for _, _, name in found], [label for _, label, _ in found]
    return labelled(root, rows, NUM_CLASSES, Small(SIZE, PREPARATION))


def _read_binary(files: list[Path]) -> LabelledImages:
    """Records of an id, a label and the pixels colour by colour.

    The authors do not say in which order a label's four bytes are: the one that makes all labels classes is.
    """
    entry = np.dtype([("id", "V4"), ("label", "V4"), ("pixels", "u1", (3, SIZE, SIZE))])
    parts = []
    for file in files:
        content = np.fromfile(file, dtype=np.uint8)
        if len(content) == 0 or len(content) % entry.itemsize:
            raise ValueError(f"{file}: expected records of {entry.itemsize} bytes, got {len(content)} bytes; damaged")
        parts.append(content.view(entry))
    records = np.concatenate(parts)
    orders = [records["label"].copy().view(code).astype(np.int64) for code in ("<u4", ">u4")]
    labels = next((order for order in orders if order.max() < NUM_CLASSES), orders[0])
    return LabelledImages(torch.tensor(records["pixels"]), torch.from_numpy(labels), NUM_CLASSES, PREPARATION)
