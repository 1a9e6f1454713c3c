"""In which form a data set's images are had: small ones in memory, large ones as files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch

from famus_ext.data.files.images import read_images
from famus_ext.data.files.lists import Rows
from famus_ext.data.labelled_files import LabelledFiles
from famus_ext.data.labelled_images import LabelledImages
from famus_ext.data.labelled_set import LabelledSet, check_labels
from famus_ext.data.preparation import Preparation
from famus_ext.data.recipe import IMAGENET_MEAN, IMAGENET_STD, Recipe

LARGEST_IN_MEMORY = 64
"""Pixels a side: 100,000 images of 64x64 are 1.2 GB."""


@dataclass(frozen=True)
class Small:
    """Images that are scaled to `size` pixels a side once and stay in memory, and what happens to them there."""

    size: int
    preparation: Preparation


def usual_form(size: int | None) -> Small | Recipe:
    """Images of `size` pixels a side with ImageNet's mean and deviation; None for torchvision's usual 224."""
    if size is None:
        return Recipe()
    if size < 1:
        raise ValueError(f"image_size: expected at least 1, got {size}")
    if size <= LARGEST_IN_MEMORY:
        return Small(size, Preparation(IMAGENET_MEAN, IMAGENET_STD, padding=size // 8, mirror=True))
    return Recipe(resize=size * 8 // 7, size=size)


def labelled(
    root: Path, rows: Rows, num_classes: int, form: Small | Recipe, ids: tuple[str, ...] | None = None
) -> LabelledSet:
    """The images of a list, in that form.

    Args:
        root: Where the paths start.
        rows: Paths and labels.
        num_classes: C.
        form: In memory, or as files.
        ids: What their owner calls the images; None for nothing else.

    Raises:
        ImageError: for images to be held in memory that cannot be read.
        ValueError: for a label outside `[0, C)`.
    """
    names, labels = tuple(rows[0]), torch.tensor(rows[1], dtype=torch.int64)
    if isinstance(form, Recipe):
        return LabelledFiles(root, names, labels, num_classes, form, ids=ids)
    check_labels(labels, num_classes)  # before the images are read
    images = read_images([root / name for name in names], form.size)
    return LabelledImages(images, labels, num_classes, form.preparation, names, ids)
