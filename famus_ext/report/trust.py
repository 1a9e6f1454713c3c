"""How far a label is trusted, and how well that finds the wrong ones.

The trust in example i's given label y_i is

    t_i = w̄_i               MW-Net whose weights fall with the loss: its mean weight over the last epochs
    t_i = p(y_i | x_i; w)    otherwise: the probability that the trained network gives the label, in evaluation mode

Ties of weights are broken by p. MW-Net's weight is a function of the loss at every step, so its mean is a loss that was
smoothed over epochs. L2R draws its weights anew from every batch and gives many right labels none: p, which its weights
have made good, finds the wrong ones better. Where MW-Net weights rise with the loss, as on a long tail, a small weight
is no sign of a wrong label.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from sklearn.metrics import roc_auc_score

from famus_ext.train.config import Config
from famus_ext.train.folder.example_table import ExampleTable

Kind = Literal["weight", "probability"]

MEANING: dict[Kind, str] = {
    "weight": "its mean weight over the last epochs; of equal weights the label's probability decides",
    "probability": "the probability that the trained network gives the label, which orders examples as its loss does",
}
NAMES: dict[Kind, str] = {"weight": "trust, the mean weight", "probability": "trust, the label's probability"}
AT = 1000
"""k of the precision at k; of fewer than 10,000 examples it is a tenth."""


@dataclass(frozen=True)
class Detection:
    """How well a ranking finds wrong labels.

    Attributes:
        auroc: Probability that a wrong label is ranked before a right one; None where all labels are the same.
        precision: Share of wrong labels among the first k.
        k: How many.
    """

    auroc: float | None
    precision: float
    k: int


@dataclass(frozen=True)
class Ranking:
    """An order of the examples, the most suspicious first.

    Attributes:
        name: What it is called.
        order: Positions, int64 `[N]`.
        detection: How well it finds the wrong labels; None where nobody knows them.
    """

    name: str
    order: np.ndarray
    detection: Detection | None


def rankings(examples: ExampleTable, config: Config, plain: ExampleTable | None) -> tuple[Ranking, ...]:
    """The trust score's order, and what it is compared with: the losses of its network and of plain training.

    Args:
        examples: What the method's run makes of every example.
        config: The options of the run.
        plain: What plain training makes of them; None where it was not trained.
    """
    kind, orders = trust_kind(examples, config), {}
    orders[NAMES[kind]] = least_trusted(examples, config)
    if kind == "weight":
        orders["loss under the same network"] = largest_loss(examples)
    if plain is not None and config.method != "ce":
        orders["loss under plain training"] = largest_loss(plain)
    wrong = examples.wrong
    return tuple(
        Ranking(name, order, None if wrong is None or not len(order) else detection(order, wrong))
        for name, order in orders.items()
    )


def trust_kind(examples: ExampleTable, config: Config) -> Kind:
    """What the trust in a label is, see above."""
    if not config.weighs_by_loss or len(examples) < 2:
        return "probability"
    falls = np.cov(_ranks(examples.weight), _ranks(examples.loss))[0, 1] < 0
    return "weight" if falls else "probability"


def least_trusted(examples: ExampleTable, config: Config) -> np.ndarray:
    """Positions of the examples, the least trusted first, int64 `[N]`."""
    weights = examples.weight if trust_kind(examples, config) == "weight" else np.zeros(len(examples))
    return np.lexsort((examples.index, -examples.loss, examples.given_probability, weights))


def detection(order: np.ndarray, wrong: np.ndarray) -> Detection:
    """How well a ranking finds the wrong labels.

    Args:
        order: Positions, the most suspicious first, int64 `[N]`.
        wrong: Whether each label is wrong, bool `[N]`.
    """
    k = min(AT, max(1, len(order) // 10))
    suspicion = np.empty(len(order))
    suspicion[order] = np.arange(len(order), 0, -1)
    mixed = bool(wrong.any()) and not bool(wrong.all())
    return Detection(float(roc_auc_score(wrong, suspicion)) if mixed else None, float(wrong[order[:k]].mean()), k)


def largest_loss(examples: ExampleTable) -> np.ndarray:
    """Positions by loss, the largest first: what plain training would call suspicious, int64 `[N]`."""
    return np.lexsort((examples.index, -examples.loss))


def _ranks(values: np.ndarray) -> np.ndarray:
    """The place of each value in their order."""
    ranks = np.empty(len(values))
    ranks[np.argsort(values, kind="stable")] = np.arange(len(values))
    return ranks
