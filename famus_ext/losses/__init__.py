"""Losses of each example, [N] from logits and targets, and the losses that the paper adds to the meta loss."""

from famus_ext.losses.cross_entropy import cross_entropy
from famus_ext.losses.objective import gradient_matching_loss, layer_count_loss

__all__ = ["cross_entropy", "gradient_matching_loss", "layer_count_loss"]
