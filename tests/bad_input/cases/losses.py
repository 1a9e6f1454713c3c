"""The losses' functions with arguments that work, and the wrong ones."""

import famus_ext as famus
from famus_ext import losses

from ..kinds import FINITE, FUNCTION, INDEX, NOT_NEGATIVE, PER_CLASS, POSITIVE, TENSOR, required
from .batch import INDICES, LOGIT_SHAPES, LOGITS, ONE_POSITION, OTHER_CLASSES, SIZES, SOFT, TARGETS, Y

VALID = {
    "cross_entropy": (famus.cross_entropy, lambda: {"logits": LOGITS, "targets": Y}),
    "FocalLoss": (famus.FocalLoss, dict),
    "FocalLoss()": (famus.FocalLoss(alpha=SIZES), lambda: {"logits": LOGITS, "targets": Y}),
    "ClassBalancedLoss": (famus.ClassBalancedLoss, lambda: {"class_sizes": SIZES}),
    "ClassBalancedLoss()": (famus.ClassBalancedLoss(SIZES), lambda: {"logits": LOGITS, "targets": Y}),
    "LDAMLoss": (famus.LDAMLoss, lambda: {"class_sizes": SIZES}),
    "LDAMLoss()": (famus.LDAMLoss(SIZES), lambda: {"logits": LOGITS, "targets": Y}),
    "DeferredReweighting": (
        famus.DeferredReweighting,
        lambda: {"loss": famus.cross_entropy, "class_sizes": SIZES, "start": 1},
    ),
    "DeferredReweighting.set_epoch": (
        famus.DeferredReweighting(famus.cross_entropy, SIZES, 1).set_epoch,
        lambda: {"epoch": 0},
    ),
    "squared_error": (losses.squared_error, lambda: {"logits": LOGITS, "targets": SOFT}),
    "prior_penalty": (losses.prior_penalty, lambda: {"logits": LOGITS}),
    "ramp_up": (losses.ramp_up, lambda: {"epoch": 1, "maximum": 2.0}),
}

WRONG = {
    ("cross_entropy", "logits"): LOGIT_SHAPES,
    ("cross_entropy", "targets"): TARGETS,
    ("FocalLoss", "gamma"): required(NOT_NEGATIVE),
    ("FocalLoss", "alpha"): PER_CLASS,
    ("FocalLoss()", "logits"): OTHER_CLASSES,
    ("FocalLoss()", "targets"): TARGETS,
    ("ClassBalancedLoss", "class_sizes"): required(PER_CLASS),
    ("ClassBalancedLoss", "beta"): [*required(NOT_NEGATIVE), (1.0, ValueError)],
    ("ClassBalancedLoss", "loss"): required(FUNCTION),
    ("ClassBalancedLoss()", "logits"): OTHER_CLASSES,
    ("ClassBalancedLoss()", "targets"): TARGETS,
    ("LDAMLoss", "class_sizes"): required(PER_CLASS),
    ("LDAMLoss", "max_margin"): required(NOT_NEGATIVE),
    ("LDAMLoss", "scale"): required(POSITIVE),
    ("LDAMLoss()", "logits"): OTHER_CLASSES,
    ("LDAMLoss()", "targets"): [*INDICES, (SOFT, TypeError)],
    ("DeferredReweighting", "loss"): required(FUNCTION),
    ("DeferredReweighting", "class_sizes"): required(PER_CLASS),
    ("DeferredReweighting", "start"): required(INDEX),
    ("DeferredReweighting", "beta"): [*required(NOT_NEGATIVE), (1.0, ValueError)],
    ("DeferredReweighting.set_epoch", "epoch"): required(INDEX),
    ("squared_error", "logits"): LOGIT_SHAPES,
    ("squared_error", "targets"): [*TENSOR, (Y, TypeError), (SOFT[:2], ValueError)],
    ("prior_penalty", "logits"): ONE_POSITION,
    ("ramp_up", "epoch"): required(FINITE),
    ("ramp_up", "maximum"): required(FINITE),
    ("ramp_up", "length"): required(NOT_NEGATIVE),
}
