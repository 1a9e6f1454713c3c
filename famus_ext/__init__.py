"""Fast, exact meta-learning for noisy and long-tailed labels on unchanged networks.

Where things are:
    network/        the user's network: its layers, buffers, forward pass and autograd graph
    meta_models/    Ψ(·; θ): training losses that learn which examples to trust
    samplers/       Γ(·; η): which layers' meta gradients are kept
    losses/         losses of each example, and the paper's L_r and L_g
    engine/         the meta step: pushforward (with its rules), double backward, finite difference, MetaStep
    ops/            the fused operations, each with its definition in PyTorch
    models/ data/   the paper's networks and data, as plain PyTorch
    train/          trainer and command line
"""

from famus_ext._native import use
from famus_ext.build_info import build_info
from famus_ext.engine.meta_grad import sampled_meta_grad
from famus_ext.engine.pushforward import pushforward
from famus_ext.engine.result import MetaGradient
from famus_ext.engine.step import MetaStep, StepOutput
from famus_ext.errors import NonFiniteError, PushforwardError
from famus_ext.losses import cross_entropy
from famus_ext.meta_models import L2R, BatchMetaModel, MWNet, TrainingLoss
from famus_ext.network.layers import Layer, layers
from famus_ext.ops import layer_dots, virtual_step
from famus_ext.samplers import AllLayers, Block, GumbelSampler, LastLayers, Sampler

__all__ = [
    "L2R",
    "AllLayers",
    "BatchMetaModel",
    "Block",
    "GumbelSampler",
    "LastLayers",
    "Layer",
    "MWNet",
    "MetaGradient",
    "MetaStep",
    "NonFiniteError",
    "PushforwardError",
    "Sampler",
    "StepOutput",
    "TrainingLoss",
    "build_info",
    "cross_entropy",
    "layer_dots",
    "layers",
    "pushforward",
    "sampled_meta_grad",
    "use",
    "virtual_step",
]
