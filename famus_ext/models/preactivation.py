"""The pre-activation residual block (He et al., "Identity Mappings in Deep Residual Networks", ECCV 2016)."""

from __future__ import annotations

from torch import Tensor, nn


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
