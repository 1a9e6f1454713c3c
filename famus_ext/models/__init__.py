"""The paper's networks and two small ones for grey images, as plain PyTorch modules.

- `registry`: `build`, a network by its name or by the import path of any callable
- `wide_resnet`: WRN-28-10 and WRN-40-2; `preact_resnet`: PreAct ResNet-18; `resnet_cifar`: ResNet-32
- `fashion_net`, `digits_net`: small networks for 28x28 and 8x8 grey images
- `preactivation`: the block and the network that the first two are; `initialisation`: their first weights

Nothing here knows the engine, the samplers or the data.
"""

from famus_ext.models.digits_net import DigitsNet
from famus_ext.models.fashion_net import FashionNet
from famus_ext.models.preact_resnet import preact_resnet18
from famus_ext.models.preactivation import PreActivationResNet
from famus_ext.models.registry import build
from famus_ext.models.resnet_cifar import CifarResNet, resnet_cifar
from famus_ext.models.wide_resnet import wide_resnet

__all__ = [
    "CifarResNet",
    "DigitsNet",
    "FashionNet",
    "PreActivationResNet",
    "build",
    "preact_resnet18",
    "resnet_cifar",
    "wide_resnet",
]
