"""What happens to images in memory on their way to the network, a batch at a time on their device.

Torchvision's v2 transforms draw once for a whole batch. One image after the other they take twice the time on a CPU,
and some launches an image on a GPU, for steps of a few milliseconds; so the crop and the mirror image of small images
are here. Large images go through torchvision's own, see `recipe`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from famus_ext.data.example_random import uniform


@dataclass(frozen=True)
class Preparation:
    """Random crop of the padded image and random mirror image, then (x - mean) / std for x in `[0, 1]`.

    Attributes:
        mean: Of every channel; empty leaves the values as they are.
        std: Of every channel.
        padding: Black pixels on every side, of which a window of the image's size is cut; 0 for no crop.
        mirror: Whether every second image, on average, is mirrored left to right.

    Source: He et al., "Deep Residual Learning", CVPR 2016, Section 4.2 (padding 4, CIFAR).
    """

    mean: tuple[float, ...] = ()
    std: tuple[float, ...] = ()
    padding: int = 0
    mirror: bool = False

    def normalise(self, images: Tensor) -> Tensor:
        """`[n, c, h, w]`, uint8 or float32 in `[0, 1]`, as the network takes it, float32."""
        values = images.to(torch.float32).div_(255.0) if images.dtype == torch.uint8 else images
        if not self.mean:
            return values
        mean, std = _by_channel(self.mean, values.device), _by_channel(self.std, values.device)
        return (values - mean) / std

    def augment(self, images: Tensor, seeds: NDArray[np.uint64]) -> Tensor:
        """The images `[n, c, h, w]` cropped and mirrored by random numbers from `seeds`, uint64 `[n]`."""
        if not (self.padding or self.mirror):
            return images
        random = uniform(seeds, 3)
        offsets = torch.from_numpy((random[:, :2] * (2 * self.padding + 1)).astype(np.int64))
        mirrored = torch.from_numpy(random[:, 2] < 0.5) & self.mirror
        return crop(images, offsets.to(images.device), mirrored.to(images.device), self.padding)


@cache
def _by_channel(numbers: tuple[float, ...], device: torch.device) -> Tensor:
    """A number a channel, float32 `[c, 1, 1]`, copied to a device once."""
    return torch.tensor(numbers, device=device).view(-1, 1, 1)


def crop(images: Tensor, offsets: Tensor, mirrored: Tensor, padding: int) -> Tensor:
    """A window of each padded image, of the image's own size, mirrored left to right where asked for.

    Args:
        images: `[n, c, h, w]`.
        offsets: Row and column of the window's first pixel in the padded image, int64 `[n, 2]`, in `[0, 2 padding]`.
        mirrored: bool `[n]`.
        padding: Black pixels on every side.
    """
    number, channels, height, width = images.shape
    padded = functional.pad(images, (padding,) * 4)
    row, column = (torch.arange(size, device=images.device) for size in (height, width))
    rows = offsets[:, :1] + row
    columns = offsets[:, 1:] + torch.where(mirrored[:, None], column.flip(0), column)
    image = torch.arange(number, device=images.device).view(-1, 1, 1, 1)
    channel = torch.arange(channels, device=images.device).view(1, -1, 1, 1)
    return padded[image, channel, rows[:, None, :, None], columns[:, None, None, :]]
