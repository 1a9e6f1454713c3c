"""Label noise that depends on the image: every image has its own rate and its own way of being wrong.

Source: X. Xia et al., "Part-dependent Label Noise: Towards Instance-dependent Label Noise", NeurIPS 2020, Algorithm 2,
as their released code has it and most of the field uses it.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from famus_ext.data.labelled_set import check_labels
from famus_ext.data.noise.transition import drawn_labels

RATE_DEVIATION = 0.1  # of the images' rates; the source's
CHUNK = 1024  # images at a time


def instance_labels(
    features: Tensor, labels: Tensor, num_classes: int, rate: float, generator: torch.Generator
) -> Tensor:
    """Draws a given label for every example from a distribution of its own.

    With W_y a standard normal matrix `[F, C]` for every class y::

        q_i ~ N(p, 0.1²), cut off to [0, 1]                             rate of example i
        a_i = x_i W_{y_i},  a_i[y_i] = -∞
        P(ỹ_i = c) = q_i softmax(a_i)[c]  for c ≠ y_i,  1 - q_i for c = y_i

    The actual rate is p up to the cut and the draw.

    Args:
        features: x, floating point `[N, ...]`; images as the network gets them.
        labels: True labels y, int64 `[N]`.
        num_classes: C, at least 2.
        rate: p, in `[0, 1]`.
        generator: Source of randomness.

    Returns:
        The given labels, int64 `[N]`.

    Raises:
        ValueError: for as many features as there are not labels, labels outside `[0, C)` or a rate outside `[0, 1]`.
    """
    if num_classes < 2:
        raise ValueError(f"num_classes: expected at least 2, got {num_classes}")
    if not 0.0 <= rate <= 1.0:
        raise ValueError(f"noise_rate: expected a number in [0, 1], got {rate}")
    if len(features) != len(labels):
        raise ValueError(f"features: expected {len(labels)}, one a label, got {len(features)}")
    check_labels(labels, num_classes)
    x = features.flatten(1).float()
    rates = _example_rates(len(labels), rate, generator)
    weights = torch.randn(num_classes, x.shape[1], num_classes, generator=generator)
    probabilities = torch.empty(len(labels), num_classes, dtype=torch.float64)
    for label in range(num_classes):
        for members in torch.split((labels == label).nonzero().flatten(), CHUNK):
            scores = (x[members] @ weights[label]).double()
            scores[:, label] = -math.inf
            probabilities[members] = rates[members, None] * scores.softmax(dim=1)
            probabilities[members, label] = 1.0 - rates[members]
    return drawn_labels(probabilities, generator)


def _example_rates(count: int, rate: float, generator: torch.Generator) -> Tensor:
    """q, float64 `[count]`: a normal distribution cut off to `[0, 1]`, by inversion."""
    low, high = (
        torch.special.ndtr(torch.tensor((end - rate) / RATE_DEVIATION, dtype=torch.float64)) for end in (0.0, 1.0)
    )
    uniform = torch.rand(count, dtype=torch.float64, generator=generator)
    rates: Tensor = rate + RATE_DEVIATION * torch.special.ndtri(low + uniform * (high - low))
    return rates.clamp(0.0, 1.0)
