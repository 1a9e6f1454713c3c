"""Fast, exact meta-learning for noisy and long-tailed labels on unchanged networks.

Where things are:
    network/        the user's network: its layers, buffers, forward pass and autograd graph
    meta_models/    Ψ(·; θ): training losses that learn which examples to trust
    samplers/       Γ(·; η): which layers' meta gradients are kept
    losses/         losses of each example, and the paper's L_r and L_g
    engine/         the meta step: pushforward (with its rules), the other engines, the schedules, MetaStep
    diagnostics/    what to look at to understand a run
    ops/            the fused operations, each with its definition in PyTorch
    models/ data/   the paper's networks and data, as plain PyTorch
    train/          the trainer, and the commands `train` and `collect`
    compare/ sweep/ report/ inspection/    the commands `compare`, `run`, `report` and `inspect`
"""

from famus_ext._native import use
from famus_ext.build_info import build_info
from famus_ext.diagnostics import (
    ExampleWeights,
    GradientDots,
    GradientMoments,
    LayerActivity,
    gradient_dots,
    weight_function,
)
from famus_ext.engine.meta_grad import sampled_meta_grad
from famus_ext.engine.output import StepOutput
from famus_ext.engine.pushforward import pushforward
from famus_ext.engine.result import MetaGradient
from famus_ext.engine.step import MetaStep
from famus_ext.errors import CollapseWarning, NonFiniteError, ProcessError, PushforwardError
from famus_ext.keep_memory import keep_freed_memory
from famus_ext.losses import ClassBalancedLoss, DeferredReweighting, FocalLoss, LDAMLoss, cross_entropy
from famus_ext.meta_models import (
    L2R,
    MLC,
    BatchMetaModel,
    ExampleWeighting,
    LabelCorrection,
    MWNet,
    ProjectedMetaModel,
    SemiSupervised,
    TrainingLoss,
    group_classes,
)
from famus_ext.network.blocks import blocks
from famus_ext.network.layers import Layer, layers
from famus_ext.ops import gumbel_gates, layer_dots, virtual_step
from famus_ext.samplers import (
    AllLayers,
    Block,
    GumbelSampler,
    LastLayers,
    RandomLayers,
    Sampler,
    Threshold,
)

__all__ = [
    "L2R",
    "MLC",
    "AllLayers",
    "BatchMetaModel",
    "Block",
    "ClassBalancedLoss",
    "CollapseWarning",
    "DeferredReweighting",
    "ExampleWeighting",
    "ExampleWeights",
    "FocalLoss",
    "GradientDots",
    "GradientMoments",
    "GumbelSampler",
    "LDAMLoss",
    "LabelCorrection",
    "LastLayers",
    "Layer",
    "LayerActivity",
    "MWNet",
    "MetaGradient",
    "MetaStep",
    "NonFiniteError",
    "ProcessError",
    "ProjectedMetaModel",
    "PushforwardError",
    "RandomLayers",
    "Sampler",
    "SemiSupervised",
    "StepOutput",
    "Threshold",
    "TrainingLoss",
    "blocks",
    "build_info",
    "cross_entropy",
    "gradient_dots",
    "group_classes",
    "gumbel_gates",
    "keep_freed_memory",
    "layer_dots",
    "layers",
    "pushforward",
    "sampled_meta_grad",
    "use",
    "virtual_step",
    "weight_function",
]
