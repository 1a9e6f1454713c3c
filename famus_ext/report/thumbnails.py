"""Images of a labelled set, small enough to be part of a page."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from famus_ext.data import LabelledFiles, LabelledImages, LabelledSet
from famus_ext.data.files.images import ImageError, read_image

SIDE = 112
"""Pixels of the longer side of a large image; small images keep their own and are scaled by the browser."""
QUALITY = 80
BUDGET = 8_000_000
"""Characters that the images of a page may take together."""


def thumbnails(data: LabelledSet, positions: np.ndarray, budget: int = BUDGET) -> Iterator[str | None]:
    """An image after the other as a `data:` URI.

    Args:
        data: The set, in memory or as files.
        positions: Which of its examples, int64 `[n]`.
        budget: Characters that all URIs may take together; from the first image on that does not fit there are none.

    Yields:
        The URI; None for a file that cannot be read, for what is no grey or colour image, and beyond the budget.
    """
    for position in positions.tolist():
        uri = None if budget <= 0 else _thumbnail(data, position)
        budget -= len(uri or "")
        yield uri if budget > 0 else None


def _thumbnail(data: LabelledSet, position: int) -> str | None:
    """One image; a drawing of few pixels as PNG, without loss, a photograph as JPEG."""
    pixels = _pixels(data, position)
    if pixels is None:
        return None
    image = Image.fromarray(pixels)
    small = max(image.size) <= SIDE // 2
    image.thumbnail((SIDE, SIDE))
    kind = "png" if small else "jpeg"
    file = io.BytesIO()
    image.save(file, kind, **({"optimize": True} if small else {"quality": QUALITY}))
    return f"data:image/{kind};base64,{base64.b64encode(file.getvalue()).decode()}"


def _pixels(data: LabelledSet, position: int) -> np.ndarray | None:
    """An image as uint8 `[h, w]` or `[h, w, 3]`."""
    if isinstance(data, LabelledFiles):
        try:
            image = read_image(data.root / data.names[position])
        except ImageError:
            return None
    elif isinstance(data, LabelledImages):
        image = _as_bytes(data.images[position].cpu())
    else:
        return None
    if image.ndim != 3 or image.shape[0] not in (1, 3):
        return None
    return np.ascontiguousarray(image[0] if len(image) == 1 else image.permute(1, 2, 0))


def _as_bytes(image: Tensor) -> Tensor:
    """Grey levels as uint8."""
    return image if image.dtype == torch.uint8 else (image * 255.0).round().clamp(0, 255).to(torch.uint8)
