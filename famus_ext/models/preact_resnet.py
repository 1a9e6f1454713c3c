"""PreAct ResNet-18 for 32 x 32 images (He et al., "Identity Mappings in Deep Residual Networks", ECCV 2016).

A 3 x 3 stem of 64 channels, four groups of two pre-activation blocks with 64, 128, 256 and 512 channels, BatchNorm and
ReLU after the last block as in the paper's Section 3.2 (some public versions for CIFAR leave them out, and have 1,024
parameters fewer), and a linear classifier: 11,172,170 parameters for ten classes. The blocks are numbered through,
`blocks.0` to `blocks.7`.
"""

from __future__ import annotations

from torch import Tensor, nn

from famus_ext.models._checks import check_size
from famus_ext.models.initialisation import he_initialise
from famus_ext.models.preactivation import PreActivationBlock

GROUPS = 4
BLOCKS_PER_GROUP = 2


class PreActResNet(nn.Module):
    """PreAct ResNet-18: images [N, in_channels, H, W] of any size to logits [N, C]; see `preact_resnet18`."""

    def __init__(self, num_classes: int = 10, in_channels: int = 3, width: int = 64) -> None:
        super().__init__()
        check_size(num_classes, "num_classes")
        check_size(in_channels, "in_channels")
        check_size(width, "width")
        self.stem = nn.Conv2d(in_channels, width, 3, padding=1, bias=False)
        blocks = []
        channels = width
        for group in range(GROUPS):
            out_channels = width * 2**group
            for position in range(BLOCKS_PER_GROUP):
                stride = 2 if group > 0 and position == 0 else 1
                blocks.append(PreActivationBlock(channels, out_channels, stride))
                channels = out_channels
        self.blocks = nn.Sequential(*blocks)
        self.norm = nn.BatchNorm2d(channels)
        self.relu = nn.ReLU()
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Linear(channels, num_classes)
        he_initialise(self)

    def forward(self, images: Tensor) -> Tensor:
        """Compute the logits [N, C] of images [N, in_channels, H, W]."""
        features = self.relu(self.norm(self.blocks(self.stem(images))))
        logits: Tensor = self.classifier(self.pool(features).flatten(1))
        return logits


def preact_resnet18(num_classes: int = 10, in_channels: int = 3, width: int = 64) -> PreActResNet:
    """Build PreAct ResNet-18 for images [N, in_channels, 32, 32].

    Args:
        num_classes: number of logits C.
        in_channels: channels of the images.
        width: channels of the first group; every later group has twice as many as the one before.

    Raises:
        TypeError: for a size that is no integer.
        ValueError: for a size below 1.
    """
    return PreActResNet(num_classes, in_channels, width)
