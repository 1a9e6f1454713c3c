"""Avg-Pool of gradients: what the gradient sampler and L_g read (FaMUS, Eq. 8 and 11)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from famus_ext.network.layers import Layer
from famus_ext.ops.virtual_step import virtual_step


def pool_gradients(gradients: Mapping[str, Tensor | None], like: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """ḡ by name [D], the mean over all dimensions but the first; zero where there is no gradient."""
    with torch.no_grad():
        _, pooled = virtual_step([like[name] for name in gradients], list(gradients.values()), 0.0)
    return dict(zip(gradients, pooled, strict=True))


def pool_layers(found: Sequence[Layer], pooled: Mapping[str, Tensor]) -> list[Tensor]:
    """ḡ_l [D_l]: the pooled gradients of a layer's tensors, one after the other."""
    return [torch.cat([pooled[name] for name in layer.parameters]) for layer in found]
