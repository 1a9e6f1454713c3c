"""Wide residual networks for 32 x 32 images (Zagoruyko and Komodakis, BMVC 2016), as MW-Net and FaMUS use them.

WRN-d-k has a stem of 16 channels, three groups of (d - 4) / 6 pre-activation blocks with 16k, 32k and 64k channels, and
a linear classifier. The blocks are numbered through: WRN-28-10 has `blocks.0` to `blocks.11`, the paper's b = 1 to 12.
"""

from __future__ import annotations

from famus_ext.models._checks import check_size
from famus_ext.models.preactivation import PreActivationResNet

STEM_CHANNELS = 16


def wide_resnet(depth: int, width: int, num_classes: int = 10, in_channels: int = 3) -> PreActivationResNet:
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
    check_size(depth, "depth")
    if depth < 10 or depth % 6 != 4:
        raise ValueError(f"depth: expected 6 n + 4 with n >= 1 (10, 16, 22, 28, 34, 40, ...), got {depth}")
    check_size(width, "width")
    check_size(num_classes, "num_classes")
    check_size(in_channels, "in_channels")
    groups = [STEM_CHANNELS * width * 2**group for group in range(3)]
    return PreActivationResNet(STEM_CHANNELS, groups, (depth - 4) // 6, num_classes, in_channels)
