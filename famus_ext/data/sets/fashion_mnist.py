"""Fashion-MNIST: 70,000 grey images of clothing, in the four files in which it is published."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from famus_ext.data.files.idx import read_idx
from famus_ext.data.labelled_images import LabelledImages
from famus_ext.data.source import Source

FASHION_CLASSES = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)
"""What the labels 0 to 9 mean."""

TAKEN_FOR = {9: 7, 7: 5, 2: 6, 4: 3, 3: 4}
"""Ankle boot to sneaker, sneaker to sandal, pullover to shirt, coat and dress to each other (Kim et al., "NLNL:
Negative Learning for Noisy Labels", ICCV 2019)."""

DEBIAN_FOLDER = Path("/usr/share/datasets/fashion-mnist")
TORCHVISION_FOLDER = Path("FashionMNIST", "raw")
PIXELS = (28, 28)
TRAIN_FILES = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte")
TEST_FILES = ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")


def load_fashion_mnist(path: str | Path | None = None) -> Source:
    """60,000 training and 10,000 test images of 28x28 pixels, ten classes of equal size.

    The four files may be packed (`.gz`) or not. They are looked for in `path` and in `path/FashionMNIST/raw`, where
    torchvision puts them; without a path, where Debian's package `dataset-fashion-mnist` does. Nothing is downloaded.

    Args:
        path: The folder of the files, or torchvision's root.

    Returns:
        Images float32 `[N, 1, 28, 28]` with values in `[0, 1]`, not standardised; labels int64 `[N]`, in the published
        order. The published test set comes with them.

    Raises:
        FileNotFoundError: when a file is missing; the message says what is expected and where it comes from.
        ValueError: for a file that is damaged or holds something else.

    Source: H. Xiao, K. Rasul, R. Vollgraf, "Fashion-MNIST", 2017, https://github.com/zalandoresearch/fashion-mnist.
    """
    files = _locate([DEBIAN_FOLDER] if path is None else [Path(path), Path(path) / TORCHVISION_FOLDER])
    train, test = (_read_set(files[images], files[labels]) for images, labels in (TRAIN_FILES, TEST_FILES))
    return Source(train, test, confused=TAKEN_FOR, class_names=FASHION_CLASSES)


def _read_set(images_file: Path, labels_file: Path) -> LabelledImages:
    """One published set, checked against its form."""
    images, labels = read_idx(images_file, dimensions=3), read_idx(labels_file, dimensions=1)
    if tuple(images.shape[1:]) != PIXELS:
        raise ValueError(f"{images_file}: expected images of {PIXELS} pixels, got {tuple(images.shape[1:])}")
    if len(labels) != len(images):
        raise ValueError(f"{labels_file}: expected {len(images)} labels, one an image, got {len(labels)}")
    if int(labels.max()) >= len(FASHION_CLASSES):
        raise ValueError(f"{labels_file}: expected labels in [0, {len(FASHION_CLASSES)}), got {int(labels.max())}")
    return LabelledImages(_to_unit_range(images), labels.to(torch.int64), len(FASHION_CLASSES))


def _to_unit_range(images: Tensor) -> Tensor:
    """Grey levels uint8 `[N, H, W]` as float32 `[N, 1, H, W]` in `[0, 1]`."""
    return images.to(torch.float32).div_(255.0).unsqueeze(1)


def _locate(folders: list[Path]) -> dict[str, Path]:
    """The four files by name, from the first folder that holds them all."""
    names = [*TRAIN_FILES, *TEST_FILES]
    missing = []
    for folder in folders:
        files = {name: file for name in names if (file := _existing(folder, name))}
        if len(files) == len(names):
            return files
        missing.append(f"  {folder}: {', '.join(name for name in names if name not in files)}")
    lines = [
        "Fashion-MNIST is not there. Missing:",
        *missing,
        "Expected in one folder, packed as here or unpacked:",
        *(f"  {name}.gz" for name in names),
        "They come",
        f"  with Debian's package dataset-fashion-mnist, into {DEBIAN_FOLDER},",
        f"  with torchvision.datasets.FashionMNIST(root, download=True), into root/{TORCHVISION_FOLDER.as_posix()},",
        "  or from https://github.com/zalandoresearch/fashion-mnist.",
    ]
    raise FileNotFoundError("\n".join(lines))


def _existing(folder: Path, name: str) -> Path | None:
    """The file, unpacked or packed; None where neither exists."""
    return next((file for file in (folder / name, folder / f"{name}.gz") if file.is_file()), None)
