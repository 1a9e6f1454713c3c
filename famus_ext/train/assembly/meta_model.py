"""The meta model by the name of its method. A new one is a branch here."""

from __future__ import annotations

from torch import Tensor, nn

import famus_ext as famus
from famus_ext.losses import ExampleLoss
from famus_ext.train.options.meta_model import MetaModelOptions


def make_meta_model(options: MetaModelOptions, loss: ExampleLoss, class_sizes: Tensor) -> nn.Module:
    """Ψ with fresh θ, drawn from PyTorch's global random state.

    Args:
        options: The method, one that has a meta model.
        loss: Loss of each example.
        class_sizes: Training examples of each class by their given labels, `[C]`.
    """
    num_classes = len(class_sizes)
    if options.method == "mwnet":
        groups = famus.group_classes(class_sizes, options.class_groups) if options.class_groups > 1 else None
        return famus.MWNet(loss=loss, class_groups=groups, normalised=options.normalised)
    if options.method == "l2r":
        return famus.L2R(loss)
    if options.method == "mlc":
        return famus.MLC(num_classes, floor=options.mlc_floor)
    if options.method == "label-correction":
        return famus.LabelCorrection(num_classes)
    raise ValueError(f"method: expected one with a meta model, got {options.method!r}")
