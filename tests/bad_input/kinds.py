"""Wrong values by what an argument is: each with the error that it must raise."""

import math

import torch
from torch import nn

NAN, INF = math.nan, math.inf


class Thing:
    """Nothing that any argument takes."""

    def __repr__(self):
        return "Thing()"


NOT_A_NUMBER = [("0.1", TypeError), (Thing(), TypeError), (True, TypeError), ([1.0], TypeError)]
NOT_FINITE = [(NAN, ValueError), (INF, ValueError), (-INF, ValueError)]

FINITE = [*NOT_A_NUMBER, *NOT_FINITE]
POSITIVE = [*FINITE, (0.0, ValueError), (-1.0, ValueError)]
NOT_NEGATIVE = [*FINITE, (-1e-9, ValueError)]
INTEGER = [("2", TypeError), (1.5, TypeError), (True, TypeError), (Thing(), TypeError)]
COUNT = [*INTEGER, (0, ValueError), (-1, ValueError)]
INDEX = [*INTEGER, (-1, ValueError)]
FLAG = [("yes", TypeError), (1, TypeError), (Thing(), TypeError)]
MODULE = [(None, TypeError), (Thing(), TypeError), (nn.Linear, TypeError), (torch.zeros(2), TypeError)]
FUNCTION = [(3, TypeError), ("cross_entropy", TypeError), (torch.zeros(2), TypeError)]
TENSOR = [(None, TypeError), ([0.0], TypeError), (Thing(), TypeError)]
SEQUENCE = [(3, TypeError), (Thing(), TypeError), (torch.zeros(2, 2), TypeError)]
WORD = [("no such", ValueError), ("", ValueError)]
PAIR = [(None, TypeError), (torch.zeros(2, 4), TypeError), ((torch.zeros(2, 4),), TypeError)]
PER_CLASS = [
    (Thing(), TypeError),
    ("abc", TypeError),
    ([True, False, True], TypeError),
    ([], ValueError),
    (3.0, ValueError),
    ([[1.0, 2.0, 3.0]], ValueError),
    ([1.0, NAN, 1.0], ValueError),
    ([1.0, -1.0, 1.0], ValueError),
]


def required(kind):
    """The kind of an argument that has no default of None."""
    return [(None, TypeError), *kind]
