"""Scikit-learn's handwritten digits: a real data set that ships with its package."""

from __future__ import annotations

import numpy as np
import torch

from famus_ext.data.labelled_images import LabelledImages
from famus_ext.data.source import Source

GREY_LEVELS = 16.0  # the images count ink in 4x4 cells: integers 0 to 16


def load_digits() -> Source:
    """1,797 grey images of 8x8 pixels, ten classes of about 180 each.

    Returns:
        Images float32 `[1797, 1, 8, 8]` with values in `[0, 1]`, labels int64 `[1797]`, in the published order;
        no test set.

    Raises:
        ModuleNotFoundError: when scikit-learn, part of `famus-ext[train]`, is not installed.

    Source: E. Alpaydin and C. Kaynak, "Optical Recognition of Handwritten Digits", UCI, 1998 (its test part).
    """
    from sklearn import datasets

    digits = datasets.load_digits()
    images = torch.from_numpy(digits.images.astype(np.float32) / GREY_LEVELS).unsqueeze(1)
    train = LabelledImages(images, torch.from_numpy(digits.target.astype(np.int64)), num_classes=10)
    return Source(train, class_names=tuple(map(str, digits.target_names)))
