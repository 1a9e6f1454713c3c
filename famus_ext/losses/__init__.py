"""Losses of each example, [N] from logits and targets, and the losses that the paper adds to the meta loss.

Each may be the `loss` of a meta model, the `meta_loss`, or one of the losses that a weighting meta model reads.
"""

from famus_ext.losses.class_balanced import ClassBalancedLoss, class_balanced_weights
from famus_ext.losses.cross_entropy import cross_entropy
from famus_ext.losses.deferred import DeferredReweighting
from famus_ext.losses.example_loss import ExampleLoss
from famus_ext.losses.focal import FocalLoss
from famus_ext.losses.given_weights import GivenWeights, with_weights
from famus_ext.losses.ldam import LDAMLoss
from famus_ext.losses.mixmatch import prior_penalty, ramp_up, squared_error
from famus_ext.losses.objective import gradient_matching_loss, layer_count_loss

__all__ = [
    "ClassBalancedLoss",
    "DeferredReweighting",
    "ExampleLoss",
    "FocalLoss",
    "GivenWeights",
    "LDAMLoss",
    "class_balanced_weights",
    "cross_entropy",
    "gradient_matching_loss",
    "layer_count_loss",
    "prior_penalty",
    "ramp_up",
    "squared_error",
    "with_weights",
]
