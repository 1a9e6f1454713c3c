"""The wide residual network whose sizes the ops are measured at."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from famus_ext.models import wide_resnet


@dataclass(frozen=True)
class Network:
    """WRN-depth-width on a batch of CIFAR's images.

    Attributes:
        dtype: of the tensors that are made for it.
    """

    depth: int
    width: int
    batch: int
    device: torch.device
    dtype: torch.dtype

    @property
    def name(self) -> str:
        """As the paper writes it."""
        return f"WRN-{self.depth}-{self.width}"

    def model(self) -> nn.Module:
        """The network itself, on the CPU in float32."""
        return wide_resnet(self.depth, self.width)

    def like_parameters(self) -> list[Tensor]:
        """Normal numbers in the shapes of its parameters."""
        return [self.randn(*parameter.shape) for parameter in self.model().parameters()]

    def randn(self, *shape: int) -> Tensor:
        """Normal numbers."""
        return torch.randn(shape).to(self.device, self.dtype)
