"""A small convolutional network for 28x28 grey images that trains on a CPU."""

from __future__ import annotations

from torch import Tensor, nn

from famus_ext.models._checks import check_size
from famus_ext.models.initialisation import he_initialise


class FashionNet(nn.Module):
    """Five layers: four convolutions, each with BatchNorm and ReLU, the mean over the pixels and a linear classifier.

    The first convolution is 5x5 and the others are 3x3; all but the third halve the resolution, since on a CPU large
    maps cost the time: at 28x28 the maps are 14, 7, 7 and 4 pixels wide. 122,042 parameters for ten classes.

    Args:
        num_classes: C, the number of classes.
        width: Channels of the first convolution; the others have 4, 4 and 8 times as many.
        in_channels: Channels of the images.

    Shapes: images `[N, in_channels, H, W]` of any size to logits `[N, C]`.

    Raises:
        TypeError: for a size that is no integer.
        ValueError: for a size below 1.
    """

    def __init__(self, num_classes: int = 10, width: int = 16, in_channels: int = 1) -> None:
        super().__init__()
        check_size(num_classes, "num_classes")
        check_size(width, "width")
        check_size(in_channels, "in_channels")
        self.blocks = nn.Sequential(
            ConvolutionBlock(in_channels, width, kernel=5, stride=2),
            ConvolutionBlock(width, 4 * width, kernel=3, stride=2),
            ConvolutionBlock(4 * width, 4 * width, kernel=3, stride=1),
            ConvolutionBlock(4 * width, 8 * width, kernel=3, stride=2),
        )
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Linear(8 * width, num_classes)
        he_initialise(self)

    def forward(self, images: Tensor) -> Tensor:
        """Logits `[N, C]` of images `[N, in_channels, H, W]`."""
        logits: Tensor = self.classifier(self.pool(self.blocks(images)).flatten(1))
        return logits


class ConvolutionBlock(nn.Module):
    """Convolution, BatchNorm, ReLU: x [N, in_channels, H, W] to [N, out_channels, H', W'], H' = ceil(H / stride)."""

    def __init__(self, in_channels: int, out_channels: int, kernel: int, stride: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(in_channels, out_channels, kernel, stride, padding=kernel // 2, bias=False)
        self.norm = nn.BatchNorm2d(out_channels)
        self.relu = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        """Activated features."""
        activated: Tensor = self.relu(self.norm(self.conv(x)))
        return activated
