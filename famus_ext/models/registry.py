"""Networks by name: the package's own, and any callable by import path.

| name | network |
|---|---|
| `wrn-28-10`, `wrn-40-2`, `wrn-<depth>-<width>` | `wide_resnet` |
| `preact-resnet-18` | `preact_resnet18` |
| `resnet-32`, also 20, 44, 56 and 110 | `resnet_cifar` at the depths of its paper |
| `fashion`, `digits` | `FashionNet`, `DigitsNet` |
| `fashion-<width>` | `FashionNet`, its first convolution that wide |
| `package.module:callable` | `callable(num_classes=..., **options)`, from torchvision, timm or your own file |

`resnet-50` is no name of ours: 50 = 6 * 8 + 2, so it would give a small network for CIFAR to whoever means ImageNet's.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable
from typing import Any

from torch import nn

from famus_ext.models.digits_net import DigitsNet
from famus_ext.models.fashion_net import FashionNet
from famus_ext.models.preact_resnet import preact_resnet18
from famus_ext.models.resnet_cifar import resnet_cifar
from famus_ext.models.wide_resnet import wide_resnet

Builder = Callable[..., nn.Module]

NETWORKS: dict[str, Builder] = {
    r"wrn-(\d+)-(\d+)": wide_resnet,
    r"preact-resnet-18": preact_resnet18,
    r"resnet-(20|32|44|56|110)": resnet_cifar,
    r"fashion": FashionNet,
    r"fashion-(\d+)": lambda width, num_classes, **options: FashionNet(num_classes, width, **options),
    r"digits": DigitsNet,
}
"""Pattern of a name -> what builds the network; the numbers in the name are the builder's first arguments."""

NAMES = (
    "wrn-28-10",
    "wrn-40-2",
    "wrn-<depth>-<width>",
    "preact-resnet-18",
    "resnet-20",
    "resnet-32",
    "resnet-44",
    "resnet-56",
    "resnet-110",
    "fashion",
    "fashion-<width>",
    "digits",
)
"""The names as a message lists them."""


def build(name: str, num_classes: int, **options: Any) -> nn.Module:
    """Build the network called `name` with fresh weights, drawn from PyTorch's global random state.

    ```python
    build("wrn-28-10", 10)
    build("resnet-32", 100, in_channels=1)
    build("torchvision.models:resnet50", 50)
    build("timm:create_model", 50, model_name="inception_resnet_v2")
    build("my_networks:Small", 10, width=8)
    ```

    Args:
        name: one of the package's own names, or an import path `package.module:callable`.
        num_classes: number of logits C, given to the callable by that name.
        **options: the callable's further arguments, by name; the package's own networks take `in_channels`.

    Raises:
        TypeError: for an import path that leads to something that cannot be called or that returns no `nn.Module`,
            and for options that the callable does not take.
        ValueError: for an unknown name, or a module without the callable.
        ImportError: for a module that cannot be imported.
    """
    if not isinstance(name, str):
        raise TypeError(f"name: expected a string, got {type(name).__name__}")
    if ":" in name:
        network = _imported(name)(num_classes=num_classes, **options)
        if not isinstance(network, nn.Module):
            raise TypeError(f"name: expected {name} to return a torch.nn.Module, got {type(network).__name__}")
        return network
    for pattern, builder in NETWORKS.items():
        match = re.fullmatch(pattern, name)
        if match:
            return builder(*map(int, match.groups()), num_classes=num_classes, **options)
    raise ValueError(
        f"name: expected one of {', '.join(NAMES)}, or an import path package.module:callable, got {name!r}"
    )


def _imported(path: str) -> Builder:
    """The callable that `path`, module:callable, leads to."""
    module_name, _, attribute = path.partition(":")
    if not module_name or module_name.startswith(".") or not attribute.isidentifier():
        raise ValueError(f"name: expected an import path package.module:callable, got {path!r}")
    try:
        module = importlib.import_module(module_name)
    except (ImportError, RuntimeError) as error:  # torchvision beside a torch that it was not built for: RuntimeError
        package = (getattr(error, "name", None) or module_name).partition(".")[0]
        raise ImportError(
            f"name: the module of {path} cannot be imported ({error}); "
            f"`pip install {package}`, or put the folder of your own module on PYTHONPATH"
        ) from error
    builder: Builder | None = getattr(module, attribute, None)
    if builder is None:
        raise ValueError(f"name: expected a callable of {module_name}, which has no {attribute!r}, got {path!r}")
    if not callable(builder):
        raise TypeError(f"name: expected {path} to be callable, got {type(builder).__name__}")
    return builder
