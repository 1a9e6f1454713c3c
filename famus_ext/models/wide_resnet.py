"""Wide residual networks for 32 x 32 images (Zagoruyko and Komodakis, BMVC 2016), as MW-Net and FaMUS use them.

WRN-d-k has a stem of 16 channels, three groups of (d - 4) / 6 pre-activation blocks with 16k, 32k and 64k channels, and
a linear classifier. The blocks are numbered through: WRN-28-10 has `blocks.0` to `blocks.11`, the paper's b = 1 to 12.
"""

from torch import Tensor, nn

STEM_CHANNELS = 16


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
        residual: Tensor = self.conv2(self.relu(self.norm2(self.conv1(activated))))
        return residual + (x if self.shortcut is None else self.shortcut(activated))


class WideResNet(nn.Module):
    """Wide residual network: images [N, 3, H, W] with H and W divisible by 4 to logits [N, C]."""

    def __init__(self, depth: int, width: int, num_classes: int = 10) -> None:
        super().__init__()
        if depth < 10 or depth % 6 != 4:
            raise ValueError(f"depth must be 6 n + 4 with n >= 1 (10, 16, 22, 28, 34, 40, ...), got {depth}")
        if width < 1:
            raise ValueError(f"width must be at least 1, got {width}")
        if num_classes < 1:
            raise ValueError(f"num_classes must be at least 1, got {num_classes}")
        self.stem = nn.Conv2d(3, STEM_CHANNELS, 3, padding=1, bias=False)
        blocks = []
        in_channels = STEM_CHANNELS
        for group in range(3):
            out_channels = STEM_CHANNELS * width * 2**group
            for position in range((depth - 4) // 6):
                stride = 2 if group > 0 and position == 0 else 1
                blocks.append(PreActivationBlock(in_channels, out_channels, stride))
                in_channels = out_channels
        self.blocks = nn.Sequential(*blocks)
        self.norm = nn.BatchNorm2d(in_channels)
        self.relu = nn.ReLU()
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Linear(in_channels, num_classes)
        self._initialise()

    def forward(self, images: Tensor) -> Tensor:
        """Compute the logits [N, C] of images [N, 3, H, W]."""
        features = self.relu(self.norm(self.blocks(self.stem(images))))
        logits: Tensor = self.classifier(self.pool(features).flatten(1))
        return logits

    def _initialise(self) -> None:
        """Draw He-normal convolutions (fan out) and zero the classifier's bias."""
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
        nn.init.zeros_(self.classifier.bias)


def wide_resnet(depth: int, width: int, num_classes: int = 10) -> WideResNet:
    """Build WRN-depth-width for images [N, 3, 32, 32]: `wide_resnet(28, 10)` is the paper's network.

    Args:
        depth: 6 n + 4, where n is the number of blocks in each of the three groups.
        width: factor on the 16, 32 and 64 channels of the groups.
        num_classes: number of logits C.

    Raises:
        ValueError: if depth is not 6 n + 4, or width or num_classes is below 1.
    """
    return WideResNet(depth, width, num_classes)
