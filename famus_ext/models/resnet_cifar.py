"""Residual networks for 32 x 32 images (He et al., "Deep Residual Learning", CVPR 2016, Section 4.2).

ResNet-d has a stem of 16 channels, three groups of (d - 2) / 6 blocks with 16, 32 and 64 channels, and a linear
classifier. Where the shape changes the shortcut is the paper's option A, which has no parameters: every second pixel,
and zeros for the channels that are new. The blocks are numbered through: ResNet-32 has `blocks.0` to `blocks.14`.
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional

from famus_ext.models._checks import check_size
from famus_ext.models.initialisation import he_initialise

STEM_CHANNELS = 16


class BasicBlock(nn.Module):
    """Residual block conv-BN-ReLU-conv-BN, then ReLU: x [N, in_channels, H, W] to [N, out_channels, H', W'].

    H' = ceil(H / stride) and W' likewise; `out_channels` is at least `in_channels`.
    """

    def __init__(self, in_channels: int, out_channels: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride, padding=1, bias=False)
        self.norm1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(out_channels)
        self.relu = nn.ReLU()
        self.stride = stride
        self.new_channels = out_channels - in_channels

    def forward(self, x: Tensor) -> Tensor:
        """Add the residual branch to the shortcut and activate."""
        residual: Tensor = self.norm2(self.conv2(self.relu(self.norm1(self.conv1(x)))))
        activated: Tensor = self.relu(residual + self.shortcut(x))
        return activated

    def shortcut(self, x: Tensor) -> Tensor:
        """`x` at the residual branch's shape: the identity, or option A."""
        if self.stride == 1 and self.new_channels == 0:
            return x
        pixels = x[:, :, :: self.stride, :: self.stride]
        return functional.pad(pixels, (0, 0, 0, 0, 0, self.new_channels))


class CifarResNet(nn.Module):
    """Residual network: images [N, in_channels, H, W] of any size to logits [N, C]; see `resnet_cifar`."""

    def __init__(self, depth: int, num_classes: int = 10, in_channels: int = 3) -> None:
        super().__init__()
        check_size(depth, "depth")
        if depth < 8 or depth % 6 != 2:
            raise ValueError(f"depth: expected 6 n + 2 with n >= 1 (8, 14, 20, 32, 44, 56, 110, ...), got {depth}")
        check_size(num_classes, "num_classes")
        check_size(in_channels, "in_channels")
        self.stem = nn.Conv2d(in_channels, STEM_CHANNELS, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(STEM_CHANNELS)
        self.relu = nn.ReLU()
        blocks = []
        channels = STEM_CHANNELS
        for group in range(3):
            out_channels = STEM_CHANNELS * 2**group
            for position in range((depth - 2) // 6):
                stride = 2 if group > 0 and position == 0 else 1
                blocks.append(BasicBlock(channels, out_channels, stride))
                channels = out_channels
        self.blocks = nn.Sequential(*blocks)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Linear(channels, num_classes)
        he_initialise(self)

    def forward(self, images: Tensor) -> Tensor:
        """Compute the logits [N, C] of images [N, in_channels, H, W]."""
        features = self.blocks(self.relu(self.norm(self.stem(images))))
        logits: Tensor = self.classifier(self.pool(features).flatten(1))
        return logits


def resnet_cifar(depth: int, num_classes: int = 10, in_channels: int = 3) -> CifarResNet:
    """Build ResNet-depth for images [N, in_channels, 32, 32]: `resnet_cifar(32)` is the long-tail experiments' network.

    Args:
        depth: 6 n + 2, where n is the number of blocks in each of the three groups.
        num_classes: number of logits C.
        in_channels: channels of the images.

    Raises:
        TypeError: for a size that is no integer.
        ValueError: if depth is not 6 n + 2, or another size is below 1.
    """
    return CifarResNet(depth, num_classes, in_channels)
