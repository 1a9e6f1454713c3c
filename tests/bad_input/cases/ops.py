"""The fused operations' functions with arguments that work, and the wrong ones."""

import torch

import famus_ext as famus

from ..kinds import POSITIVE, SEQUENCE, TENSOR, Thing, required
from .batch import X, Y


def gates():
    sizes, hidden = (2, 3), 2
    entries = sum(hidden * size + 3 * hidden + 3 for size in sizes)
    return {
        "inputs": [torch.ones(size) for size in sizes],
        "eta": torch.ones(entries),
        "noise": torch.zeros(2, 2),
        "temperature": 1.0,
    }


VALID = {
    "virtual_step": (famus.virtual_step, lambda: {"parameters": [X], "gradients": [X], "lr": 0.1}),
    "layer_dots": (famus.layer_dots, lambda: {"a": [[X]], "b": [[X]]}),
    "gumbel_gates": (famus.gumbel_gates, gates),
}

WRONG = {
    ("virtual_step", "parameters"): [*SEQUENCE, ([3], TypeError), ([X.long()], TypeError)],
    ("virtual_step", "gradients"): [*SEQUENCE, ([3], TypeError), ([X.double()], TypeError), ([X[:1]], ValueError)],
    ("virtual_step", "lr"): [(None, TypeError), (Thing(), TypeError), (torch.nan, ValueError), ([], ValueError)],
    ("layer_dots", "a"): [*SEQUENCE, ([X], TypeError), ([[3]], TypeError), ([[X.to_sparse()]], TypeError)],
    ("layer_dots", "b"): [*SEQUENCE, ([[3]], TypeError), ([], ValueError), ([[]], ValueError), ([[X[:1]]], ValueError)],
    ("gumbel_gates", "inputs"): [*SEQUENCE, ([3, 3], TypeError), ([Y, Y], TypeError), ([X, X], ValueError)],
    ("gumbel_gates", "eta"): [*TENSOR, (torch.ones(27), ValueError), (torch.ones(28, 1), ValueError), (Y, TypeError)],
    ("gumbel_gates", "noise"): [*TENSOR, (torch.zeros(2), ValueError), (torch.zeros(3, 2), ValueError)],
    ("gumbel_gates", "temperature"): required(POSITIVE),
}
