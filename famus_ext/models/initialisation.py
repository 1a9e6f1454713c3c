"""Initial weights of the residual networks."""

from __future__ import annotations

from torch import nn


def he_initialise(network: nn.Module) -> None:
    """Draw every convolution from N(0, 2 / fan out) and set the biases of linear layers to zero, in place.

    The weights of linear layers and of normalisations stay as PyTorch made them.

    Source: He et al., "Delving Deep into Rectifiers", ICCV 2015, Eq. 14.
    """
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
        elif isinstance(module, nn.Linear) and module.bias is not None:
            nn.init.zeros_(module.bias)
