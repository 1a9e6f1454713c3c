"""The networks' functions with arguments that work, and the wrong ones."""

from famus_ext import models

from ..kinds import COUNT, INTEGER, WORD, required
from .batch import C

DEPTHS = [*INTEGER, (11, ValueError), (-2, ValueError), (0, ValueError)]

VALID = {
    "build": (models.build, lambda: {"name": "digits", "num_classes": C}),
    "wide_resnet": (models.wide_resnet, lambda: {"depth": 10, "width": 1}),
    "preact_resnet18": (models.preact_resnet18, lambda: {"width": 1}),
    "resnet_cifar": (models.resnet_cifar, lambda: {"depth": 8}),
    "FashionNet": (models.FashionNet, lambda: {"width": 1}),
    "DigitsNet": (models.DigitsNet, dict),
}

WRONG = {
    ("build", "name"): [(None, TypeError), (3, TypeError), *WORD, ("wrn-28", ValueError), (":", ValueError)],
    ("build", "num_classes"): required(COUNT),
    ("wide_resnet", "depth"): required(DEPTHS),
    ("wide_resnet", "width"): required(COUNT),
    ("wide_resnet", "num_classes"): required(COUNT),
    ("wide_resnet", "in_channels"): required(COUNT),
    ("preact_resnet18", "num_classes"): required(COUNT),
    ("preact_resnet18", "in_channels"): required(COUNT),
    ("preact_resnet18", "width"): required(COUNT),
    ("resnet_cifar", "depth"): required(DEPTHS),
    ("resnet_cifar", "num_classes"): required(COUNT),
    ("resnet_cifar", "in_channels"): required(COUNT),
    ("FashionNet", "num_classes"): required(COUNT),
    ("FashionNet", "width"): required(COUNT),
    ("FashionNet", "in_channels"): required(COUNT),
    ("DigitsNet", "num_classes"): required(COUNT),
    ("DigitsNet", "width"): required(COUNT),
    ("DigitsNet", "in_channels"): required(COUNT),
}
