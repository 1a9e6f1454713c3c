"""The network that is trained."""

from __future__ import annotations

from torch import nn

from famus_ext.data import NoisyData
from famus_ext.data.sets.form import LARGEST_IN_MEMORY
from famus_ext.models import build
from famus_ext.train.config import Config
from famus_ext.train.options.check import naming_options

SMALL_NETWORK = "preact-resnet-18"  # for images that are held in memory
LARGE_NETWORK = "torchvision.models:resnet50"
NETWORKS = {
    "digits": "digits",
    "fashion-mnist": "fashion",
    "cifar10": "resnet-32",
    "cifar100": "resnet-32",
    "animal10n": SMALL_NETWORK,
}
"""Data set -> the network that is trained on it where none is asked for."""


def network_name(config: Config) -> str:
    """The network asked for, or the data set's."""
    data = config.data
    small = data.dataset.startswith("cnwl") or (data.image_size or LARGEST_IN_MEMORY + 1) <= LARGEST_IN_MEMORY
    usual = NETWORKS.get(data.dataset, SMALL_NETWORK if small else LARGE_NETWORK)
    return config.optimizer.network or usual


def make_network(config: Config, data: NoisyData) -> nn.Module:
    """The network with fresh weights, drawn from PyTorch's global random state.

    A network of the package's own takes the channels of the images; one by import path takes `num_classes` alone.

    Raises:
        OptionError: when there is no such network, or it cannot be imported.
    """
    name = network_name(config)
    options = {} if ":" in name else {"in_channels": data.train.image_shape[0]}
    with naming_options({"name": "--network"}, f"--network {name}"):
        return build(name, data.num_classes, **options)
