"""V(L): the weight that a meta model has learned for each value of the loss."""

from __future__ import annotations

import copy
from typing import NamedTuple

import torch
from torch import Tensor

from famus_ext._checks import check_finite, check_positive_integer
from famus_ext.meta_models import ExampleWeighting, MWNet


class WeightFunction(NamedTuple):
    """A learned weight function at a grid of losses.

    Attributes:
        losses: L [P], from 0 up.
        weights: V [groups, P], a curve for each group of classes; one where all classes share it.
    """

    losses: Tensor
    weights: Tensor


@torch.no_grad()
def weight_function(meta_model: ExampleWeighting, *, maximum: float = 10.0, points: int = 101) -> WeightFunction:
    """Evaluate V = Ψ(L; θ) at P losses, evenly spaced from 0 to a maximum.

    The weights are those before a batch's are normalised. The meta model is read in evaluation mode, and left as it is.

    Source: Shu et al., "Meta-Weight-Net", NeurIPS 2019, Figure 1.

    Args:
        meta_model: `MWNet`, or an `ExampleWeighting` of one's own.
        maximum: The largest loss. Cross-entropy of a uniform guess is log C; of a wrong label that a network is sure
            about, 10 and more.
        points: P, at least 2.

    Returns:
        The losses and weights, in θ's dtype and on its device.

    Raises:
        TypeError: `meta_model` has no weight function, or another argument is of the wrong type.
        ValueError: The weight function reads several losses, `maximum` is not positive, or `points` is below 2.
    """
    if not isinstance(meta_model, ExampleWeighting):
        raise TypeError(f"meta_model: expected an ExampleWeighting such as MWNet, got {type(meta_model).__name__}")
    if meta_model.inputs:
        raise ValueError(f"meta_model: expected one that reads a single loss, got {1 + len(meta_model.inputs)} losses")
    if check_finite(maximum, "maximum") <= 0:
        raise ValueError(f"maximum: expected a number > 0, got {maximum}")
    if check_positive_integer(points, "points") < 2:
        raise ValueError(f"points: expected at least 2, got {points}")
    like = next(meta_model.parameters(), torch.empty(0))
    losses = torch.linspace(0, maximum, points, dtype=like.dtype, device=like.device)
    # Switching a copy to evaluation leaves the modes of the parts of the original as they are.
    frozen = copy.deepcopy(meta_model).eval()
    if isinstance(frozen, MWNet):
        curves = [frozen.weigh(losses, group) for group in range(frozen.num_groups)]
    else:
        curves = [frozen.weigh(losses)]
    return WeightFunction(losses, torch.stack(curves))
