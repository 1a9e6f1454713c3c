"""A small step's parts, in float64: two networks that mix their examples by BatchNorm, and a draw."""

import torch
from torch import nn

from famus_ext.train.options.pseudo_clean import PseudoCleanOptions
from famus_ext.train.pseudo_clean.batch import step_inputs
from famus_ext.train.pseudo_clean.draws import Draw

CLASSES, FEATURES, EXAMPLES = 3, 4, 20
DRAW = Draw(labelled=torch.tensor([7, 2, 11]), unlabelled=torch.tensor([0, 19, 5]), meta=torch.tensor([2, 14]))


def network(seed):
    torch.manual_seed(seed)
    layers = nn.Linear(FEATURES, 5), nn.BatchNorm1d(5), nn.ReLU(), nn.Linear(5, CLASSES)
    return nn.Sequential(*layers).double()


def parts(**options):
    """Arguments of `step_inputs`."""
    random = torch.Generator().manual_seed(5)
    images = torch.randn(2, EXAMPLES, FEATURES, generator=random, dtype=torch.float64)
    return {
        "draw": DRAW,
        "views": (images[0][DRAW.positions], images[1][DRAW.positions]),
        "labels": torch.randint(CLASSES, (EXAMPLES,), generator=random),
        "probabilities": torch.rand(EXAMPLES, generator=random, dtype=torch.float64),
        "networks": (network(0), network(1)),
        "options": PseudoCleanOptions(**options),
        "seed": 9,
    }


def inputs(**options):
    return step_inputs(**parts(**options))
