"""PreAct ResNet-18 for 32 x 32 images (He et al., "Identity Mappings in Deep Residual Networks", ECCV 2016).

A 3 x 3 stem of 64 channels, four groups of two pre-activation blocks with 64, 128, 256 and 512 channels, BatchNorm and
ReLU after the last block as in the paper's Section 3.2 (some public versions for CIFAR leave them out, and have 1,024
parameters fewer), and a linear classifier: 11,172,170 parameters for ten classes. The blocks are numbered through,
`blocks.0` to `blocks.7`.
"""

from __future__ import annotations

from famus_ext.models._checks import check_size
from famus_ext.models.preactivation import PreActivationResNet

GROUPS = 4
BLOCKS_PER_GROUP = 2


def preact_resnet18(num_classes: int = 10, in_channels: int = 3, width: int = 64) -> PreActivationResNet:
    """Build PreAct ResNet-18 for images [N, in_channels, 32, 32].

    Args:
        num_classes: number of logits C.
        in_channels: channels of the images.
        width: channels of the first group; every later group has twice as many as the one before.

    Raises:
        TypeError: for a size that is no integer.
        ValueError: for a size below 1.
    """
    check_size(num_classes, "num_classes")
    check_size(in_channels, "in_channels")
    check_size(width, "width")
    groups = [width * 2**group for group in range(GROUPS)]
    return PreActivationResNet(width, groups, BLOCKS_PER_GROUP, num_classes, in_channels)
