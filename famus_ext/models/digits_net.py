"""A small convolutional network for 8x8 images."""

from __future__ import annotations

from torch import Tensor, nn

from famus_ext.models._checks import check_size


class DigitsNet(nn.Module):
    """Three layers: two 3x3 convolutions with ReLU, a 2x2 max-pool after each, and a linear classifier.

    Args:
        num_classes: C, the number of classes.
        width: Channels of the first convolution; the second has twice as many.
        in_channels: Channels of the images.

    Shapes: images `[N, in_channels, 8, 8]` to logits `[N, C]`.

    Raises:
        TypeError: for a size that is no integer.
        ValueError: for a size below 1.
    """

    def __init__(self, num_classes: int = 10, width: int = 32, in_channels: int = 1) -> None:
        super().__init__()
        check_size(num_classes, "num_classes")
        check_size(width, "width")
        check_size(in_channels, "in_channels")
        self.conv1 = nn.Conv2d(in_channels, width, 3, padding=1)
        self.conv2 = nn.Conv2d(width, 2 * width, 3, padding=1)
        self.classifier = nn.Linear(2 * width * 4, num_classes)
        self.activation = nn.Sequential(nn.ReLU(), nn.MaxPool2d(2))

    def forward(self, images: Tensor) -> Tensor:
        """Logits `[N, C]` of images `[N, in_channels, 8, 8]`."""
        features = self.activation(self.conv1(images))
        features = self.activation(self.conv2(features))
        logits: Tensor = self.classifier(features.flatten(1))
        return logits
