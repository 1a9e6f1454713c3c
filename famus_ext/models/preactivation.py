"""Residual networks of pre-activation blocks (He et al., "Identity Mappings in Deep Residual Networks", ECCV 2016)."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from famus_ext.models.initialisation import he_initialise


class PreActivationBlock(nn.Module):
    """Residual block BN-ReLU-conv-BN-ReLU-conv: x [N, in_channels, H, W] to [N, out_channels, H / stride, W / stride].

    The shortcut is the identity where the shape is kept, otherwise a 1 x 1 convolution of the activated input.
    """

    def __init__(self, in_channels: int, out_channels: int, stride: int) -> None:
        super().__init__()
        self.norm1 = nn.BatchNorm2d(in_channels)
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.relu = nn.ReLU()
        keeps_shape = stride == 1 and in_channels == out_channels
        self.shortcut = None if keeps_shape else nn.Conv2d(in_channels, out_channels, 1, stride, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Add the residual branch to the shortcut."""
        activated = self.relu(self.norm1(x))
        residual: Tensor = self.relu(self.norm2(self.conv1(activated)))
        shortcut = x if self.shortcut is None else self.shortcut(activated)
        # Where no graph holds it, it would only wait for the second convolution.
        del activated
        return self.conv2(residual) + shortcut  # type: ignore[no-any-return]


class PreActivationResNet(nn.Module):
    """Stem, groups of blocks, BatchNorm, ReLU, classifier: images [N, in_channels, H, W] of any size to logits [N, C].

    The first block of every group but the first halves height and width. Blocks are numbered through.

    Args:
        stem: channels of the 3 x 3 stem.
        groups: channels of each group.
        blocks_per_group: number of blocks in a group.
        num_classes: number of logits C.
        in_channels: channels of the images.
    """

    def __init__(
        self, stem: int, groups: Sequence[int], blocks_per_group: int, num_classes: int, in_channels: int
    ) -> None:
        super().__init__()
        self.stem = nn.Conv2d(in_channels, stem, 3, padding=1, bias=False)
        blocks = []
        channels = stem
        for group, out_channels in enumerate(groups):
            for position in range(blocks_per_group):
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
