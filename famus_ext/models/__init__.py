"""The paper's networks, as plain PyTorch modules."""

from famus_ext.models.wide_resnet import WideResNet, wide_resnet

__all__ = ["WideResNet", "wide_resnet"]
