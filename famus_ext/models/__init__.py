"""The paper's networks and a small one for digits, as plain PyTorch modules."""

from famus_ext.models.digits_net import DigitsNet
from famus_ext.models.wide_resnet import WideResNet, wide_resnet

__all__ = ["DigitsNet", "WideResNet", "wide_resnet"]
