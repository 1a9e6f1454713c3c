"""The inputs of one step: training batch and meta batch with their mixed targets (FaMUS, Algorithm 2)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from famus_ext.train.options.pseudo_clean import PseudoCleanOptions
from famus_ext.train.pseudo_clean.draws import Draw
from famus_ext.train.pseudo_clean.guessing import mean_prediction, refined_labels, sharpen
from famus_ext.train.pseudo_clean.mixing import draw_mixing
from famus_ext.train.pseudo_clean.views import Views


@dataclass(frozen=True)
class StepInputs:
    """What a step with a `SemiSupervised` meta model takes. Nothing in it has a gradient.

    The rows are [labelled, their second views, unlabelled, their second views].

    Attributes:
        x: Mixed images, [4n, ...].
        y: Mixed refined labels [4n, C], mixed guesses [4n, C], and which rows are labelled, bool [4n].
        x_meta: Mixed meta images, [2m, ...].
        y_meta: Their mixed refined labels, [2m, C].
    """

    x: Tensor
    y: tuple[Tensor, Tensor, Tensor]
    x_meta: Tensor
    y_meta: Tensor


@torch.no_grad()
def step_inputs(
    draw: Draw,
    views: Views,
    labels: Tensor,
    probabilities: Tensor,
    networks: tuple[nn.Module, nn.Module],
    options: PseudoCleanOptions,
    seed: int,
) -> StepInputs:
    """Refines, guesses and mixes.

    Of every training example there are two targets: its refined label by the network that is trained, for the
    cross-entropy and the meta model, and its guess by both networks, for the squared error of the unlabelled rows. Both
    are mixed as the images are. The meta batch takes refined labels, and is mixed with itself.

    Args:
        draw: Which examples.
        views: Of all of `draw.positions`.
        labels: Given labels of the whole training set, int64 [N].
        probabilities: c of the whole training set, by the other network, [N].
        networks: The one that is trained, and the other.
        options: Temperature and α.
        seed: Of this step's mixing, in [0, 2⁶³).
    """
    own, other = networks
    training = len(draw.training)
    positions = draw.positions.to(labels.device)
    predictions = mean_prediction(own, views)
    guesses = (predictions[:training] + mean_prediction(other, [view[:training] for view in views])) / 2
    refined = refined_labels(labels[positions], probabilities[positions], predictions, options.temperature)
    of_both = [len(draw.labelled), len(draw.unlabelled)]
    mixing = draw_mixing(2 * training, options.alpha, seed)
    meta_mixing = draw_mixing(2 * len(draw.meta), options.alpha, seed + 1)
    images = [view[:training] for view in views]
    targets, guessed = refined[:training], sharpen(guesses, options.temperature)
    labelled = torch.arange(2 * training, device=labels.device) < 2 * len(draw.labelled)
    return StepInputs(
        x=mixing(_by_set(images, of_both)),
        y=(mixing(_by_set([targets] * 2, of_both)), mixing(_by_set([guessed] * 2, of_both)), labelled),
        x_meta=meta_mixing(torch.cat([view[training:] for view in views])),
        y_meta=meta_mixing(refined[training:].repeat(2, 1)),
    )


def of_examples(weights: Tensor, draw: Draw) -> Tensor:
    """Weights of the rows [4n] added up over the views of each of `draw.training`, [2n]: they still sum to 1."""
    sets = torch.split(weights, [2 * len(draw.labelled), 2 * len(draw.unlabelled)])
    return torch.cat([part.view(2, -1).sum(0) for part in sets])


def _by_set(views: list[Tensor], sizes: list[int]) -> Tensor:
    """Both views of the labelled examples, then both of the unlabelled ones."""
    return torch.cat(
        [part for parts in zip(*(torch.split(view, sizes) for view in views), strict=True) for part in parts]
    )
