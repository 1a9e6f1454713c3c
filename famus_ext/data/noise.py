"""Synthetic label noise: a transition matrix by name, and labels drawn from it.

Papers use one word, "symmetric", for two kinds of noise whose actual rates differ by the factor 1 - 1/C. Here they
have two names, and whoever draws labels is told the actual rate.
"""

from __future__ import annotations

from typing import Literal, get_args

import torch
from torch import Tensor

NoiseType = Literal["symmetric", "symmetric-excluding", "pairflip"]
"""`symmetric`: with probability p a label drawn from all classes, the true one included (MW-Net, FaMUS: "unif").
`symmetric-excluding`: with probability p a label drawn from the other classes.
`pairflip`: with probability p the next class, (c + 1) mod C (Co-teaching: "pairflip")."""

NOISE_TYPES: tuple[NoiseType, ...] = get_args(NoiseType)


def transition_matrix(noise_type: NoiseType, num_classes: int, rate: float) -> Tensor:
    """Probability of every given label under every true label.

    With I the identity, 1 the matrix of ones and S the cyclic shift (S[c, (c + 1) mod C] = 1)::

        symmetric             T = (1 - p) I + p / C · 1                  actual rate p (1 - 1/C)
        symmetric-excluding   T = (1 - p) I + p / (C - 1) · (1 - I)      actual rate p
        pairflip              T = (1 - p) I + p S                        actual rate p

    Args:
        noise_type: The kind of noise.
        num_classes: C, at least 2.
        rate: p, in `[0, 1]`.

    Returns:
        T, float64 `[C, C]`; row = true label, column = given label; rows sum to 1.

    Raises:
        ValueError: for an unknown kind, fewer than two classes or a rate outside `[0, 1]`.
    """
    if num_classes < 2:
        raise ValueError(f"num_classes: expected at least 2, got {num_classes}")
    if not 0.0 <= rate <= 1.0:
        raise ValueError(f"noise_rate: expected a number in [0, 1], got {rate}")
    identity = torch.eye(num_classes, dtype=torch.float64)
    ones = torch.ones_like(identity)
    if noise_type == "symmetric":
        flipped = ones / num_classes
    elif noise_type == "symmetric-excluding":
        flipped = (ones - identity) / (num_classes - 1)
    elif noise_type == "pairflip":
        flipped = identity.roll(1, dims=1)
    else:
        raise ValueError(f"noise_type: expected one of {', '.join(NOISE_TYPES)}, got {noise_type!r}")
    return (1.0 - rate) * identity + rate * flipped


def expected_noise_rate(matrix: Tensor, labels: Tensor) -> float:
    """Expected share of wrong labels, mean_i (1 - T[y_i, y_i]), for true labels int64 `[N]`."""
    return float((1.0 - matrix.diagonal()[labels]).mean())


def corrupt(labels: Tensor, matrix: Tensor, generator: torch.Generator) -> tuple[Tensor, float]:
    """Draws a given label for every example from its true label's row, independently.

    By inversion: the given label is the first class whose cumulated probability exceeds a uniform number.

    Args:
        labels: True labels, int64 `[N]`.
        matrix: Transition matrix, float64 `[C, C]`.
        generator: Source of randomness, one uniform number an example.

    Returns:
        The given labels, int64 `[N]`, and the actual rate: the share of them that is wrong (0 for no examples).

    Raises:
        ValueError: for a label that the matrix does not know.
    """
    num_classes = len(matrix)
    if len(labels) and not 0 <= int(labels.min()) <= int(labels.max()) < num_classes:
        raise ValueError(
            f"labels: expected values in [0, {num_classes}) for a {num_classes}x{num_classes} matrix, got "
            f"[{int(labels.min())}, {int(labels.max())}]"
        )
    cumulated = matrix.cumsum(dim=1)
    cumulated = cumulated / cumulated[:, -1:]  # ends at 1 exactly, so that rounding cannot lead past the last class
    uniform = torch.rand(len(labels), 1, dtype=torch.float64, generator=generator)
    given = (uniform >= cumulated[labels]).sum(dim=1)
    wrong = int((given != labels).sum())
    return given, wrong / max(len(labels), 1)
