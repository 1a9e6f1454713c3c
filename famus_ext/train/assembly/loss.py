"""The loss of each training example."""

from __future__ import annotations

import torch
from torch import Tensor, nn

import famus_ext as famus
from famus_ext.losses import ExampleLoss
from famus_ext.train.options.check import naming_options
from famus_ext.train.options.meta_model import MetaModelOptions

LDAM_SCALE = 1.0  # the source's 30 is for cosines; the networks here end in a plain linear classifier


def make_loss(options: MetaModelOptions, class_sizes: Tensor) -> ExampleLoss:
    """The loss that the options name.

    Args:
        options: Its name, and when deferred re-weighting starts.
        class_sizes: Training examples of each class by their given labels, `[C]`.

    Raises:
        OptionError: when it needs an example of every class and one has none.
    """
    if options.loss == "cross-entropy":
        return famus.cross_entropy
    if options.loss == "focal":
        return famus.FocalLoss()
    with naming_options({}, f"--loss {options.loss}"):
        if options.loss == "class-balanced":
            return famus.ClassBalancedLoss(class_sizes)
        ldam = famus.LDAMLoss(class_sizes, scale=LDAM_SCALE)
        if options.loss == "ldam":
            return ldam
        return famus.DeferredReweighting(ldam, class_sizes, options.drw_start)


def begin_epoch(loss: ExampleLoss, epoch: int) -> None:
    """Tells a loss that changes over the epochs (from 0) which one it is."""
    if isinstance(loss, famus.DeferredReweighting):
        loss.set_epoch(epoch)


def to_device(loss: ExampleLoss, device: torch.device) -> ExampleLoss:
    """The loss with its class weights on the device."""
    return loss.to(device) if isinstance(loss, nn.Module) else loss
