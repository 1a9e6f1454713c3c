"""The meta models' functions with arguments that work, and the wrong ones."""

import torch
from torch import nn

import famus_ext as famus

from ..kinds import (
    COUNT,
    FLAG,
    FUNCTION,
    MODULE,
    NOT_NEGATIVE,
    PAIR,
    PER_CLASS,
    POSITIVE,
    SEQUENCE,
    TENSOR,
    Thing,
    required,
)
from .batch import LOGITS, ONE_POSITION, OTHER_CLASSES, SIZES, SOFT, TARGETS, C, N, Y

VALID = {
    "MWNet": (famus.MWNet, dict),
    "MWNet()": (famus.MWNet(8, class_groups=[0, 1, 1]), lambda: {"logits": LOGITS, "targets": Y}),
    "MWNet.weigh": (famus.MWNet(8).weigh, lambda: {"losses": torch.zeros(N)}),
    "L2R": (famus.L2R, dict),
    "MLC": (famus.MLC, lambda: {"num_classes": C}),
    "MLC()": (famus.MLC(C), lambda: {"logits": LOGITS, "targets": Y}),
    "LabelCorrection": (famus.LabelCorrection, lambda: {"num_classes": C}),
    "LabelCorrection()": (famus.LabelCorrection(C), lambda: {"logits": LOGITS, "targets": Y}),
    "ExampleWeighting": (famus.ExampleWeighting, lambda: {"net": nn.Linear(1, 1)}),
    "SemiSupervised": (
        famus.SemiSupervised,
        lambda: {"weighting": famus.MWNet(8), "num_labelled": 2, "lambda_u": 1.0},
    ),
    "SemiSupervised()": (
        famus.SemiSupervised(famus.MWNet(8), 2, 1.0),
        lambda: {"logits": LOGITS, "targets": (SOFT, SOFT)},
    ),
    "group_classes": (famus.group_classes, lambda: {"class_sizes": SIZES}),
}

WRONG = {
    ("MWNet", "hidden"): required(COUNT),
    ("MWNet", "layers"): required(COUNT),
    ("MWNet", "loss"): required(FUNCTION),
    ("MWNet", "inputs"): [*SEQUENCE, ([3], TypeError)],
    ("MWNet", "class_groups"): [*PER_CLASS, ([0, 2, 2], ValueError), ([0.5, 1, 0], ValueError)],
    ("MWNet", "normalised"): required(FLAG),
    ("MWNet()", "logits"): OTHER_CLASSES,
    ("MWNet()", "targets"): TARGETS,
    ("MWNet.weigh", "losses"): TENSOR,
    ("MWNet.weigh", "group"): [(-1, ValueError), (1, ValueError)],
    ("L2R", "loss"): required(FUNCTION),
    ("L2R", "normalised"): required(FLAG),
    ("MLC", "num_classes"): required(COUNT),
    ("MLC", "initial"): [
        (Thing(), TypeError),
        ([[True] * C] * C, TypeError),
        (torch.eye(C - 1), ValueError),
        (torch.ones(C, C), ValueError),
        (-torch.eye(C), ValueError),
        (torch.full((C, C), torch.nan), ValueError),
    ],
    ("MLC", "floor"): [*required(POSITIVE), (1.0, ValueError)],
    ("MLC()", "logits"): OTHER_CLASSES,
    ("MLC()", "targets"): TARGETS,
    ("LabelCorrection", "num_classes"): required(COUNT),
    ("LabelCorrection", "hidden"): required(COUNT),
    ("LabelCorrection", "distrust"): [*required(POSITIVE), (1.0, ValueError)],
    ("LabelCorrection()", "logits"): OTHER_CLASSES,
    ("LabelCorrection()", "targets"): TARGETS,
    ("ExampleWeighting", "net"): MODULE,
    ("ExampleWeighting", "loss"): required(FUNCTION),
    ("ExampleWeighting", "inputs"): [*SEQUENCE, ([3], TypeError)],
    ("ExampleWeighting", "normalised"): required(FLAG),
    ("SemiSupervised", "weighting"): [*MODULE, (nn.Identity(), TypeError)],
    ("SemiSupervised", "num_labelled"): COUNT,
    ("SemiSupervised", "lambda_u"): required(NOT_NEGATIVE),
    ("SemiSupervised()", "logits"): ONE_POSITION,
    ("SemiSupervised()", "targets"): [
        *PAIR[:1],
        (SOFT, TypeError),
        ((SOFT, Y), ValueError),
        ((SOFT, SOFT[:2]), ValueError),
    ],
    ("group_classes", "class_sizes"): required(PER_CLASS),
    ("group_classes", "groups"): required(COUNT),
}
