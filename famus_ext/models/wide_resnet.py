"""Wide residual networks for 32 x 32 images (Zagoruyko and Komodakis, BMVC 2016), as MW-Net and FaMUS use them.

WRN-d-k has a stem of 16 channels, three groups of (d - 4) / 6 pre-activation blocks with 16k, 32k and 64k channels, and
a linear classifier. The blocks are numbered through: WRN-28-10 has `blocks.0` to `blocks.11`, the paper's b = 1 to 12.
"""

from __future__ import annotations

from torch import Tensor, nn

from famus_ext.models._checks import check_size
from famus_ext.models.initialisation import he_initialise
from famus_ext.models.preactivation import PreActivationBlock

STEM_CHANNELS = 16


class WideResNet(nn.Module):
    """Wide residual network: images [N, in_channels, H, W] of any size to logits [N, C]; see `wide_resnet`."""

    def __init__(self, depth: int, width: int, num_classes: int = 10, in_channels: int = 3) -> None:
        super().__init__()
        check_size(depth, "depth")
        if depth < 10 or depth % 6 != 4:
            raise ValueError(f"depth: expected 6 n + 4 with n >= 1 (10, 16, 22, 28, 34, 40, ...), got {depth}")
        check_size(width, "width")
        check_size(num_classes, "num_classes")
        check_size(in_channels, "in_channels")
        self.stem = nn.Conv2d(in_channels, STEM_CHANNELS, 3, padding=1, bias=False)
        blocks = []
        channels = STEM_CHANNELS
        for group in range(3):
            out_channels = STEM_CHANNELS * width * 2**group
            for position in range((depth - 4) // 6):
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


def wide_resnet(depth: int, width: int, num_classes: int = 10, in_channels: int = 3) -> WideResNet:
    """Build WRN-depth-width for images [N, in_channels, 32, 32]: `wide_resnet(28, 10)` is the paper's network.

    Args:
        depth: 6 n + 4, where n is the number of blocks in each of the three groups.
        width: factor on the 16, 32 and 64 channels of the groups.
        num_classes: number of logits C.
        in_channels: channels of the images.

    Raises:
        TypeError: for a size that is no integer.
        ValueError: if depth is not 6 n + 4, or another size is below 1.
    """
    return WideResNet(depth, width, num_classes, in_channels)
