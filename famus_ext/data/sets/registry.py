"""Data sets by name.

| name | data set |
|---|---|
| `digits` | scikit-learn's digits, which need no files |
| `fashion-mnist`, `cifar10`, `cifar100`, `animal10n` | small images, held in memory |
| `cnwl-red-0.4`, `cnwl-blue-0.8`, ... | mini-ImageNet with controlled noisy web labels, at 32x32 |
| `mini-webvision`, `mini-webvision-imagenet` | fifty classes of WebVision, tested on itself or on ImageNet |
| `clothing1m`, `food101n` | noisy labels, with a clean set beside them |
| `imagenet-lt`, `places-lt`, `inaturalist18` | clean labels, a long tail |
| `folder`, `csv` | your images, a folder a class or a CSV file of path,label; labels noisy as they are |
| `folder-clean`, `csv-clean` | the same, whose labels you know to be right |
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from famus_ext.data.sets.animal10n import load_animal10n
from famus_ext.data.sets.cifar import load_cifar10, load_cifar100
from famus_ext.data.sets.clothing1m import load_clothing1m
from famus_ext.data.sets.cnwl import load_cnwl
from famus_ext.data.sets.digits import load_digits
from famus_ext.data.sets.fashion_mnist import load_fashion_mnist
from famus_ext.data.sets.food101n import load_food101n
from famus_ext.data.sets.image_folder import load_image_folder
from famus_ext.data.sets.image_table import load_image_table
from famus_ext.data.sets.long_tailed_lists import load_long_tailed_lists
from famus_ext.data.sets.webvision import load_webvision
from famus_ext.data.source import Source


@dataclass(frozen=True)
class DataSet:
    """What is known of a data set by its name.

    Attributes:
        load: Loads it from a path; the groups of the name's pattern, and `image_size` where it can be chosen, follow.
        noisy: Whether its labels are noisy as they are found.
        long_tailed: Whether its classes are a long tail as they are found.
        num_meta: Size of the meta set where none is asked for; None for the whole of a published one.
        num_test: Size of the test set to split off where none is asked for; None where the source brings its own.
        sizes: Published numbers of training and test images; None where they are not known.
        any_size: Whether `image_size` can be chosen.
    """

    load: Callable[..., Source]
    noisy: bool = False
    long_tailed: bool = False
    num_meta: int | None = None
    num_test: int | None = None
    sizes: tuple[int, int] | None = None
    any_size: bool = False

    @property
    def takes_noise(self) -> bool:
        """Whether label noise is usually made on it: it has none, and no other difficulty, of its own."""
        return not (self.noisy or self.long_tailed)


def _folder(noisy: bool) -> DataSet:
    load = lambda path, image_size: load_image_folder(path, image_size, noisy=noisy)  # noqa: E731
    return DataSet(load, noisy=noisy, any_size=True)


def _long_tail(prefix: str, num_classes: int, sizes: tuple[int, int], num_meta: int | None = None) -> DataSet:
    load = lambda path: load_long_tailed_lists(path, prefix, num_classes, test_list=num_meta is None)  # noqa: E731
    return DataSet(load, long_tailed=True, num_meta=num_meta, sizes=sizes)


def _table(noisy: bool) -> DataSet:
    load = lambda path, image_size: load_image_table(path, image_size, noisy=noisy)  # noqa: E731
    return DataSet(load, noisy=noisy, any_size=True)


DATA_SETS: dict[str, DataSet] = {
    r"digits": DataSet(lambda _: load_digits(), num_meta=100, num_test=500, sizes=(1797, 0)),
    r"fashion-mnist": DataSet(load_fashion_mnist, num_meta=100, sizes=(60_000, 10_000)),
    r"cifar10": DataSet(load_cifar10, num_meta=1000, sizes=(50_000, 10_000)),
    r"cifar100": DataSet(load_cifar100, num_meta=1000, sizes=(50_000, 10_000)),
    r"cnwl-(red|blue)-(0\.\d+)": DataSet(load_cnwl, noisy=True, num_meta=1000),
    r"mini-webvision": DataSet(load_webvision, noisy=True, num_meta=500, sizes=(65_944, 2500)),
    r"mini-webvision-(imagenet)": DataSet(
        lambda path, test: load_webvision(path, test=test), noisy=True, num_meta=500, sizes=(65_944, 2500)
    ),
    r"clothing1m": DataSet(load_clothing1m, noisy=True, sizes=(1_000_000, 10_526)),
    r"food101n": DataSet(load_food101n, noisy=True, sizes=(310_009, 25_250)),
    r"animal10n": DataSet(load_animal10n, noisy=True, num_meta=1000, sizes=(50_000, 5000)),
    r"imagenet-lt": _long_tail("ImageNet_LT", 1000, (115_846, 50_000)),
    r"places-lt": _long_tail("Places_LT", 365, (62_500, 36_500)),
    r"inaturalist18": _long_tail("iNaturalist18", 8142, (437_513, 24_426), num_meta=8142),
    r"folder": _folder(noisy=True),
    r"folder-clean": _folder(noisy=False),
    r"csv": _table(noisy=True),
    r"csv-clean": _table(noisy=False),
}
"""Pattern of a name -> the data set; the groups in the pattern are arguments of its loader."""

NAMES = (
    "digits",
    "fashion-mnist",
    "cifar10",
    "cifar100",
    "cnwl-<red|blue>-<rate>",
    "mini-webvision",
    "mini-webvision-imagenet",
    "clothing1m",
    "food101n",
    "animal10n",
    "imagenet-lt",
    "places-lt",
    "inaturalist18",
    "folder",
    "folder-clean",
    "csv",
    "csv-clean",
)
"""The names as a message lists them."""


def data_set(name: str) -> DataSet:
    """What is known of the data set called `name`.

    Raises:
        ValueError: for an unknown name.
    """
    return _find(name)[0]


def load(name: str, path: str | Path | None = None, image_size: int | None = None) -> Source:
    """The data set called `name`.

    Args:
        name: One of the names above.
        path: Where its files are; see each loader for the layouts that it finds.
        image_size: Pixels a side, for images of any size.

    Raises:
        FileNotFoundError: when files are missing; the message says what is expected and where it comes from.
        ValueError: for an unknown name, damaged files, or an image size where there is no choice.
        ModuleNotFoundError: when it comes with a package that is not installed.
    """
    known, arguments = _find(name)
    if not known.any_size:
        if image_size is not None:
            raise ValueError(f"image_size: expected none, since images of {name} have their size, got {image_size}")
        return known.load(path, *arguments)
    return known.load(path, *arguments, image_size)


def _find(name: str) -> tuple[DataSet, tuple[str, ...]]:
    """The data set and its loader's arguments in the name."""
    for pattern, known in DATA_SETS.items():
        if match := re.fullmatch(pattern, name):
            return known, match.groups()
    raise ValueError(f"name: expected one of {', '.join(NAMES)}, got {name!r}")
