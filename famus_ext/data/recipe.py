"""How large images are augmented and tested: torchvision's v2 transforms by the data set's habit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor

IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


@dataclass(frozen=True)
class Recipe:
    """Resize, crop, mirror, normalise.

    Attributes:
        resize: Length of the shorter side before the crop.
        size: Height and width of the crop.
        crop: What is cut out for training: a window of `size`, or a part of random size and shape that is scaled to
            it (`resized`). For testing it is the window in the middle.
        mean: Of every channel, for values in `[0, 1]`.
        std: Of every channel.
    """

    resize: int = 256
    size: int = 224
    crop: Literal["window", "resized"] = "window"
    mean: tuple[float, float, float] = IMAGENET_MEAN
    std: tuple[float, float, float] = IMAGENET_STD

    def training(self) -> Callable[[Tensor], Tensor]:
        """From uint8 `[3, h, w]` to float32 `[3, size, size]`, with random numbers of torch's global state."""
        v2 = _transforms()
        cut = v2.RandomCrop(self.size) if self.crop == "window" else v2.RandomResizedCrop(self.size, antialias=True)
        resize = v2.Resize(self.resize, antialias=True)
        return v2.Compose([resize, cut, v2.RandomHorizontalFlip(), *self._to_network(v2)])  # type: ignore[no-any-return]

    def testing(self) -> Callable[[Tensor], Tensor]:
        """From uint8 `[3, h, w]` to float32 `[3, size, size]`."""
        v2 = _transforms()
        resize = v2.Resize(self.resize, antialias=True)
        return v2.Compose([resize, v2.CenterCrop(self.size), *self._to_network(v2)])  # type: ignore[no-any-return]

    def _to_network(self, v2: Any) -> list[Callable[[Tensor], Tensor]]:
        """Values in `[0, 1]`, then (x - mean) / std."""
        return [v2.ToDtype(torch.float32, scale=True), v2.Normalize(self.mean, self.std)]


def _transforms() -> Any:
    """Torchvision's transforms.

    Raises:
        ModuleNotFoundError: when torchvision, part of `famus-ext[train]`, is not installed.
        ImportError: when it was built for another torch.
    """
    try:
        from torchvision.transforms import v2
    except ModuleNotFoundError:
        raise
    except (ImportError, RuntimeError) as error:
        raise ImportError(
            f"torchvision is needed for images of this size and cannot be imported ({error}); install the one that "
            "was built for your torch, or take images of up to 64 pixels, which need none"
        ) from error
    return v2
