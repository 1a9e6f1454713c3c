"""Image files as uint8 tensors."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

if TYPE_CHECKING:
    from PIL import Image

IMAGE_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".ppm", ".pgm"})
"""What counts as an image in a folder, in lower case."""

THREADS = 8  # decoding releases the interpreter's lock


class ImageError(ValueError):
    """An image that cannot be read; the message names the file."""


def read_image(path: Path, size: int | None = None) -> Tensor:
    """An image in three colours, uint8 `[3, height, width]`.

    Args:
        path: The file, in any format that Pillow reads.
        size: Height and width to scale it to; None keeps its own.

    Raises:
        ImageError: for a file that is missing, damaged or no image.
        ModuleNotFoundError: when Pillow, part of `famus-ext[train]`, is not installed.
    """
    from PIL import Image

    try:
        with Image.open(path) as file:
            image = _eight_bits(file).convert("RGB")
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise ImageError(f"{path}: expected an image, got {error or type(error).__name__}") from error
    if size is not None and image.size != (size, size):
        image = image.resize((size, size), Image.Resampling.BILINEAR)
    return torch.from_numpy(np.array(image)).permute(2, 0, 1)


def _eight_bits(image: Image.Image) -> Image.Image:
    """Grey of 16 bits as 8, of which Pillow's own conversion would cut off all beyond 255."""
    from PIL import Image

    sixteen = image.mode.startswith("I;16") or (image.mode, image.format) == ("I", "PNG")
    return Image.fromarray((np.asarray(image) // 256).astype(np.uint8)) if sixteen else image


def read_images(paths: Sequence[Path], size: int) -> Tensor:
    """All images scaled to one size, uint8 `[N, 3, size, size]`.

    Raises:
        ImageError: for images that cannot be read, with their number and the first of them.
    """
    images = torch.empty(len(paths), 3, size, size, dtype=torch.uint8)

    def read(number: int) -> ImageError | None:
        try:
            images[number] = read_image(paths[number], size)
        except ImageError as error:
            return error
        return None

    with ThreadPoolExecutor(THREADS) as threads:
        errors = [error for error in threads.map(read, range(len(paths))) if error is not None]
    if errors:
        raise ImageError(f"{len(errors)} of {len(paths)} images cannot be read, the first: {errors[0]}")
    return images
