"""The samplers' functions with arguments that work, and the wrong ones."""

from torch import nn

import famus_ext as famus

from ..kinds import COUNT, FLAG, INDEX, MODULE, POSITIVE, SEQUENCE, WORD, required
from .batch import SELECTION, network

LAYERS = [
    *SEQUENCE,
    ([], ValueError),
    (["0"], TypeError),
    ([famus.Layer("a", ("w",)), famus.Layer("b", ("w",))], ValueError),
]

VALID = {
    "Sampler": (famus.Sampler, dict),
    "AllLayers": (famus.AllLayers, dict),
    "LastLayers": (famus.LastLayers, lambda: {"k": 2}),
    "RandomLayers": (famus.RandomLayers, lambda: {"count": 2}),
    "Threshold": (famus.Threshold, lambda: {"share": 0.5}),
    "Block": (famus.Block, lambda: {"block": "2"}),
    "GumbelSampler": (famus.GumbelSampler, lambda: {"model": network(), "expected_layers": 1}),
}

WRONG = {
    ("Sampler", "layers"): LAYERS,
    ("AllLayers", "layers"): LAYERS,
    ("LastLayers", "k"): required(COUNT),
    ("LastLayers", "layers"): LAYERS,
    ("RandomLayers", "count"): required(COUNT),
    ("RandomLayers", "seed"): [*required(INDEX), (2**63, ValueError)],
    ("RandomLayers", "layers"): LAYERS,
    ("Threshold", "share"): [*required(POSITIVE), (1.5, ValueError)],
    ("Threshold", "layers"): LAYERS,
    ("Block", "block"): [(None, TypeError), (3.5, TypeError), (True, TypeError), (0, ValueError)],
    ("Block", "layers"): LAYERS,
    ("GumbelSampler", "model"): [*MODULE, (nn.ReLU(), ValueError)],
    ("GumbelSampler", "expected_layers"): [*required(POSITIVE), (3, ValueError)],
    ("GumbelSampler", "hidden"): required(COUNT),
    ("GumbelSampler", "temperature"): required(POSITIVE),
    ("GumbelSampler", "depth"): COUNT,
    ("GumbelSampler", "summed"): FLAG,
    ("GumbelSampler", "standardise"): FLAG,
    ("GumbelSampler", "candidates"): SELECTION,
    ("GumbelSampler", "always_on"): SELECTION,
    ("GumbelSampler", "credit_inactive"): required(FLAG),
    ("GumbelSampler", "variant"): [*WORD, (None, ValueError)],
    ("GumbelSampler", "layers"): LAYERS,
}
