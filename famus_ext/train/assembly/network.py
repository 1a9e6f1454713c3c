"""The network that is trained."""

from __future__ import annotations

from torch import nn

from famus_ext.data import NoisyData
from famus_ext.models import build
from famus_ext.train.assembly.data import DATASETS
from famus_ext.train.config import Config
from famus_ext.train.options.check import naming_options


def network_name(config: Config) -> str:
    """The network asked for, or the data set's."""
    return config.optimizer.network or DATASETS[config.data.dataset].network


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
