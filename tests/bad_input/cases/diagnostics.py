"""The diagnostics' functions with arguments that work, and the wrong ones."""

import torch
from torch import nn

import famus_ext as famus

from ..kinds import COUNT, FLAG, FUNCTION, MODULE, NOT_NEGATIVE, PAIR, POSITIVE, SEQUENCE, TENSOR, WORD, required
from .batch import OTHER, SELECTION, X_META, Y_META, N, X, Y, network

VALID = {
    "gradient_dots": (
        famus.gradient_dots,
        lambda: {"model": network(), "batch": (X, Y), "meta_batch": (X_META, Y_META), "lr": 0.1},
    ),
    "weight_function": (famus.weight_function, lambda: {"meta_model": famus.MWNet(8)}),
    "ExampleWeights": (famus.ExampleWeights, lambda: {"num_examples": N, "normalised": False}),
    "ExampleWeights.add": (
        famus.ExampleWeights(N, normalised=True).add,
        lambda: {"indices": torch.arange(2), "weights": torch.ones(2)},
    ),
    "ExampleWeights.load_state_dict": (
        famus.ExampleWeights(N, normalised=True).load_state_dict,
        lambda: {"state": famus.ExampleWeights(N, normalised=True).state_dict()},
    ),
    "LayerActivity": (famus.LayerActivity, lambda: {"layers": famus.layers(OTHER)}),
    "LayerActivity.add": (famus.LayerActivity(famus.layers(OTHER)).add, lambda: {"gates": torch.ones(3)}),
    "LayerActivity.rates": (famus.LayerActivity(famus.layers(OTHER)).rates, dict),
    "LayerActivity.load_state_dict": (
        famus.LayerActivity(famus.layers(OTHER)).load_state_dict,
        lambda: {"state": famus.LayerActivity(famus.layers(OTHER)).state_dict()},
    ),
    "GradientMoments.add": (famus.GradientMoments().add, lambda: {"gradients": {"w": torch.ones(2)}}),
    "GradientMoments.load_state_dict": (
        famus.GradientMoments().load_state_dict,
        lambda: {"state": famus.GradientMoments().state_dict()},
    ),
}

WRONG = {
    ("gradient_dots", "model"): [*MODULE, (nn.ReLU(), ValueError)],
    ("gradient_dots", "batch"): PAIR,
    ("gradient_dots", "meta_batch"): PAIR,
    ("gradient_dots", "lr"): required(NOT_NEGATIVE),
    ("gradient_dots", "meta_model"): MODULE[1:],
    ("gradient_dots", "layers"): [*SELECTION, ([], ValueError), ([3], TypeError)],
    ("gradient_dots", "loss"): FUNCTION,
    ("gradient_dots", "way"): [("by hand", ValueError), (None, ValueError)],
    ("gradient_dots", "meta_loss"): required(FUNCTION),
    ("weight_function", "meta_model"): [*MODULE, (nn.Identity(), TypeError)],
    ("weight_function", "maximum"): required(POSITIVE),
    ("weight_function", "points"): [*required(COUNT), (1, ValueError)],
    ("ExampleWeights", "num_examples"): required(COUNT),
    ("ExampleWeights", "normalised"): required(FLAG),
    ("ExampleWeights", "device"): [(None, TypeError), (0, TypeError), *WORD],
    ("ExampleWeights.add", "indices"): [
        *required(TENSOR),
        (torch.ones(2), TypeError),
        (torch.zeros(2, 1, dtype=torch.int64), ValueError),
        (torch.tensor([0, N]), ValueError),
        (torch.tensor([-1, 0]), ValueError),
    ],
    ("ExampleWeights.add", "weights"): [*TENSOR[1:], (torch.ones(2).long(), TypeError), (torch.ones(3), ValueError)],
    ("ExampleWeights.load_state_dict", "state"): [
        ({}, ValueError),
        ({"epochs": torch.ones(2, N + 1)}, ValueError),
        ({"epochs": torch.ones(N)}, ValueError),
    ],
    ("LayerActivity", "layers"): [*SEQUENCE, ([], ValueError), (["0"], TypeError)],
    ("LayerActivity.add", "gates"): [*TENSOR, (torch.ones(2), ValueError), (torch.full((3,), 0.5), ValueError)],
    ("LayerActivity.rates", "window"): required(COUNT),
    ("LayerActivity.load_state_dict", "state"): [({}, ValueError), ({"names": [], "bits": None}, ValueError)],
    ("GradientMoments.add", "gradients"): [
        (None, TypeError),
        ({}, ValueError),
        ({"w": 3}, TypeError),
        ({"w": Y}, TypeError),
    ],
    ("GradientMoments.load_state_dict", "state"): [({}, ValueError), ({"steps": 1}, ValueError)],
}
