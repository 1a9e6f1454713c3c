"""Ops with native kernels. Each stands in a file or folder of its name, with its definition in PyTorch.

virtual_step: the virtual weights ŵ and the pooled gradient ḡ of every tensor.
layer_dots: the inner product of two families of tensors in every layer.
gumbel_gates: the gates that Γ draws for all layers.
gradient_dots: the product of every example's own gradient with one direction of a layer's parameters.
norm_pushforward: the tangent of batch normalisation, and of a ReLU that follows.
pairwise_gradient_dots: the products of two batches' per-example gradients of a layer.
"""

from famus_ext.ops.gradient_dots import gradient_dots
from famus_ext.ops.gumbel_gates import gumbel_gates
from famus_ext.ops.layer_dots import layer_dots
from famus_ext.ops.norm_pushforward import norm_pushforward
from famus_ext.ops.pairwise_gradient_dots import pairwise_gradient_dots
from famus_ext.ops.virtual_step import virtual_step

__all__ = [
    "gradient_dots",
    "gumbel_gates",
    "layer_dots",
    "norm_pushforward",
    "pairwise_gradient_dots",
    "virtual_step",
]
