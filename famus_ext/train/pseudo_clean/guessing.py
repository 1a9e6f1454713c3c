"""Targets from what the networks predict, without gradient."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import one_hot


@torch.no_grad()
def mean_prediction(model: nn.Module, views: Sequence[Tensor]) -> Tensor:
    """softmax(Φ(x)) averaged over the views of each example, [N, C].

    In evaluation mode, so that a prediction depends on its example alone and leaves running statistics as they are; the
    mode that the network was in comes back.

    Args:
        model: Φ.
        views: V of them, [N, ...] each.
    """
    training = model.training
    model.eval()
    try:
        predictions = [model(view).softmax(1) for view in views]
    finally:
        model.train(training)
    return torch.stack(predictions).mean(0)


def sharpen(probabilities: Tensor, temperature: float) -> Tensor:
    """p_c^(1/T) / Σ_k p_k^(1/T) of each row, [N, C]; T = 1 leaves them, T → 0 leaves the largest.

    Source: Berthelot et al., "MixMatch", NeurIPS 2019, Eq. 7.
    """
    # Divided by the largest, whose power then is 1: the others may vanish, their sum cannot.
    powers = (probabilities / probabilities.amax(1, keepdim=True)) ** (1 / temperature)
    return powers / powers.sum(1, keepdim=True)


def refined_labels(labels: Tensor, probabilities: Tensor, predictions: Tensor, temperature: float) -> Tensor:
    """sharpen(c_i · given label + (1 - c_i) · prediction), [N, C].

    Source: FaMUS, Algorithm 2; Li et al., "DivideMix", ICLR 2020, Eq. 3 and 4.

    Args:
        labels: The given ones, int64 [N].
        probabilities: c, [N].
        predictions: [N, C].
        temperature: T.
    """
    given = one_hot(labels, predictions.shape[1]).to(predictions.dtype)
    trust = probabilities.to(predictions.dtype).unsqueeze(1)
    return sharpen(trust * given + (1 - trust) * predictions, temperature)
