"""Products of the training examples' gradients with the meta examples', layer by layer from what the layers saw."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from famus_ext.diagnostics.seen_by_layers import InseparableError, Seen
from famus_ext.network.layers import Layer
from famus_ext.ops import pairwise_gradient_dots


@torch.no_grad()
def layer_products(training: Seen, meta: Seen, chosen: Sequence[Layer], like: Tensor) -> Tensor:
    """G [N, M, L'] in the dtype and on the device of `like` [N, M].

    Raises:
        InseparableError: The two batches went through layers of different kinds.
    """
    values = like.new_zeros(*like.shape, len(chosen))
    for names in training.keys() & meta.keys():
        own, other = training[names], meta[names]
        if type(own.layer) is not type(other.layer) or own.x.dim() != other.x.dim():
            raise InseparableError("the two batches went through different layers")
        for index, layer in enumerate(chosen):
            weight, bias = (name in layer.parameters for name in (own.weight, own.bias))
            if weight or bias:
                values[..., index] += pairwise_gradient_dots(
                    own.x,
                    own.slopes,
                    other.x,
                    other.slopes,
                    own.layer,
                    layer_meta=other.layer if own.layer != other.layer else None,
                    weight=weight,
                    bias=bias,
                )
    return values
