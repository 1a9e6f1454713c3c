"""When the list of suspicious labels means little, and why."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from famus_ext.train.config import Config
from famus_ext.train.folder.example_table import ExampleTable
from famus_ext.train.recording.rising_weights import rising_weights

SKILL = 0.05
"""Least share of the way from chance to every label right; chance itself scatters by two standard deviations."""
SPREAD = 0.02
"""Least difference between the weights of nine examples in ten, as a share of their mean."""
CONTRADICTED = 0.1
"""Least share of the listed labels that the network would not give itself."""


def cautions(
    examples: ExampleTable, order: np.ndarray, top: int, config: Config, curves: Sequence[Sequence[float]]
) -> tuple[str, ...]:
    """What a reader of the list must know before it is believed, a sentence or two each.

    Args:
        examples: What the run makes of every example.
        order: Their positions, the least trusted first, int64 `[N]`.
        top: How many are listed.
        config: The options of the run.
        curves: Its weight function after the last epoch; none where none is learned.
    """
    if not len(examples):
        return ()
    of_network = _chance(examples) or _learned_by_heart(examples, order[:top])
    of_weights = ""
    if config.weighs_by_loss:
        of_weights = _rising(examples, curves) or _equal_weights(examples.weight)
    return tuple(sentence for sentence in (of_network, of_weights) if sentence)


def _chance(examples: ExampleTable) -> str:
    """A network that gives the labels hardly more often than one label for all would."""
    sizes = np.bincount(examples.given_label)
    own = np.bincount(examples.given_label, examples.predicted_label == examples.given_label)
    there = sizes > 0
    chance, classes = 1.0 / there.sum(), int(there.sum())
    if classes < 2:
        return ""
    share = float((own[there] / sizes[there]).mean())
    scatter = np.sqrt(chance * (1.0 - chance) * (1.0 / sizes[there]).sum()) / classes
    if share > chance + max(SKILL * (1.0 - chance), 2.0 * scatter):
        return ""
    return (
        f"This list means little: the network gives {_percent(share)} of the training images their label, each of the "
        f"{classes} classes counted alike, and one label for all would give {_percent(chance)}. "
        "Train for longer, or at another learning rate."
    )


def _learned_by_heart(examples: ExampleTable, listed: np.ndarray) -> str:
    """A network that contradicts hardly one of the labels that are listed."""
    agrees = int((examples.predicted_label == examples.given_label)[listed].sum())
    if agrees <= (1.0 - CONTRADICTED) * len(listed):
        return ""
    return (
        f"The network gives {agrees:,} of the {len(listed):,} labels listed here itself: few are wrong, or it has "
        "learned the wrong ones by heart, and then fewer epochs find more."
    )


def _equal_weights(weights: np.ndarray) -> str:
    """Weights that make no difference."""
    low, high = np.quantile(weights, (0.05, 0.95))
    if high - low >= SPREAD * abs(weights.mean()):
        return ""
    return (
        f"The weights hardly differ, from {low:.3f} to {high:.3f} for nine examples in ten: the meta model has learned "
        "next to nothing, and this list is no better than one by the loss. Train for longer, or at another --meta-lr."
    )


def _rising(examples: ExampleTable, curves: Sequence[Sequence[float]]) -> str:
    """A weight function that trusts large losses most."""
    found = rising_weights(curves, examples.loss, examples.weight, examples.given_label, examples.wrong)
    return f"Of the seed shown, {found}. A smaller --meta-lr may help; docs/trouble.md says more." if found else ""


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"
