"""The batch and the networks that the cases are about, and what is wrong with logits, targets and selections."""

import torch
from torch import nn

from ..kinds import TENSOR, required

N, M, D, C = 6, 5, 4, 3
X, Y = torch.arange(N * D).view(N, D) / 10, torch.arange(N) % C
X_META, Y_META = torch.arange(M * D).view(M, D) / 7, torch.arange(M) % C
LOGITS, SOFT = torch.zeros(N, C), torch.full((N, C), 1 / C)
SIZES = [5.0, 4.0, 3.0]


def network():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(D, 8), nn.ReLU(), nn.Linear(8, C))


OTHER = nn.Sequential(nn.Linear(D, 9), nn.Tanh(), nn.Linear(9, C), nn.Linear(C, C))


def sgd(module):
    return torch.optim.SGD(module.parameters(), lr=0.1)


LOGIT_SHAPES = [(LOGITS[:, 0], ValueError), (torch.zeros(()), ValueError)]
ONE_POSITION = [*LOGIT_SHAPES, (torch.zeros(N, C, 2), ValueError)]
OTHER_CLASSES = [*LOGIT_SHAPES, (torch.zeros(N, C + 1), ValueError)]
INDICES = [
    *required(TENSOR),
    (Y.int(), TypeError),
    (Y.bool(), TypeError),
    (Y[:2], ValueError),
    (Y[:, None], ValueError),
    (Y + C, ValueError),
    (Y - 1, ValueError),
]
TARGETS = [*INDICES, (SOFT[:, :2], ValueError), (SOFT[:2], ValueError)]
SELECTION = [
    (0, ValueError),
    (-1, ValueError),
    (True, TypeError),
    ("0", TypeError),
    (3.5, TypeError),
    (["no"], ValueError),
]
