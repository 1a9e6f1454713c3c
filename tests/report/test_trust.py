"""The order of suspicion, and how well it is said to find wrong labels."""

from dataclasses import replace

import numpy as np
import pytest

from famus_ext.report.trust import detection, largest_loss, least_trusted, rankings, trust_kind
from famus_ext.train.folder.example_table import ExampleTable
from famus_ext.train.options.pseudo_clean import PseudoCleanOptions

from .made_up_run import config


def table(weight, loss, given_probability, wrong=None):
    number = len(weight)
    integers = np.arange(number)
    return ExampleTable(
        index=integers,
        name=None,
        given_label=integers,
        true_label=None,
        wrong=None if wrong is None else np.array(wrong, dtype=bool),
        weight=np.array(weight, dtype=float),
        loss=np.array(loss, dtype=float),
        predicted_label=integers,
        predicted_probability=np.full(number, 0.5),
        given_probability=np.array(given_probability, dtype=float),
    )


FALLING = table([0.5, 0.1, 0.1, 0.9], [1.0, 2.0, 3.0, 0.5], [0.3, 0.2, 0.1, 0.6])
RISING = table([0.2, 0.4, 0.6, 0.8], [1.0, 2.0, 3.0, 4.0], [0.4, 0.3, 0.2, 0.1])


def test_weights_that_fall_with_the_loss_are_the_trust_and_probabilities_break_ties():
    assert trust_kind(FALLING, config("mwnet")) == "weight"
    assert least_trusted(FALLING, config("mwnet")).tolist() == [2, 1, 0, 3]


def test_weights_that_rise_with_the_loss_are_no_sign_of_wrong_labels():
    assert trust_kind(RISING, config("mwnet")) == "probability"
    assert least_trusted(RISING, config("mwnet")).tolist() == [3, 2, 1, 0]


@pytest.mark.parametrize("method", ["l2r", "mlc", "label-correction", "ce"])
def test_other_methods_trust_the_probability(method):
    noisy_weights = table([0.0, 9.0, 0.0], [3.0, 2.0, 1.0], [0.1, 0.2, 0.9])
    assert least_trusted(noisy_weights, config(method)).tolist() == [0, 1, 2]


def test_weights_of_guessed_labels_are_not_the_trust():
    given = config("mwnet")
    options = replace(
        given,
        data=replace(given.data, meta_set="pseudo-clean"),
        pseudo_clean=PseudoCleanOptions(warmup_epochs=1),
    )
    assert trust_kind(FALLING, options) == "probability"


def test_auroc_counts_pairs_and_precision_the_first_k():
    wrong = np.array([True, False, True, False])
    found = detection(np.array([0, 1, 2, 3]), wrong)
    assert found.auroc == 0.75  # three of the four pairs are in the right order
    assert (found.precision, found.k) == (1.0, 1)
    many = np.arange(20_000) % 2 == 0
    assert detection(np.arange(20_000), many).k == 1000
    assert detection(np.arange(20_000), many).precision == 0.5


def test_one_kind_of_label_has_no_auroc():
    assert detection(np.arange(3), np.zeros(3, dtype=bool)).auroc is None


def test_rankings_are_compared_with_losses_where_they_differ():
    plain = table([1, 1, 1, 1], [4.0, 1.0, 2.0, 3.0], [0.1, 0.4, 0.3, 0.2])
    known = table(FALLING.weight, FALLING.loss, FALLING.given_probability, [0, 1, 1, 0])
    found = rankings(known, config("mwnet"), plain)
    assert [ranking.name for ranking in found] == [
        "trust, the mean weight",
        "loss under the same network",
        "loss under plain training",
    ]
    assert [ranking.detection.auroc for ranking in found] == [1.0, 1.0, 0.0]
    assert [len(rankings(known, config(method), plain)) for method in ("l2r", "ce")] == [2, 1]
    assert rankings(FALLING, config("mwnet"), None)[0].detection is None
    assert largest_loss(plain).tolist() == [0, 3, 2, 1]
