"""What is said of a list of suspicious labels that means little."""

from dataclasses import replace

import numpy as np
import pytest

from famus_ext.report.caution import cautions
from famus_ext.train.recording.weight_curves import LOSSES

from .made_up_run import config, write_run
from .test_trust import table

N = 400
GIVEN = np.arange(N) % 4
RANDOM = np.random.default_rng(0)
LOSS = RANDOM.random(N) * 4
GOOD = replace(
    table(np.exp(-LOSS), LOSS, np.exp(-LOSS)),
    given_label=GIVEN,
    predicted_label=np.where(RANDOM.random(N) < 0.3, (GIVEN + 1) % 4, GIVEN),
)
ORDER = np.argsort(-LOSS)


def said(examples, *, method="mwnet", order=ORDER, curve=None):
    return " ".join(cautions(examples, order, 50, config(method), [] if curve is None else [curve]))


def test_a_network_that_contradicts_some_labels_and_tells_them_apart_is_trusted():
    assert said(GOOD) == ""
    assert said(replace(GOOD, weight=np.ones(N)), method="l2r") == ""


@pytest.mark.parametrize("predicted", [np.zeros(N, dtype=int), RANDOM.integers(0, 4, N)], ids=["one class", "chance"])
def test_a_network_that_knows_nothing(predicted):
    assert "This list means little: the network gives 2" in said(replace(GOOD, predicted_label=predicted))


def test_a_rare_class_does_not_make_one_label_for_all_good():
    given = np.where(np.arange(N) < 20, 1, 0)
    always = replace(GOOD, given_label=given, predicted_label=np.zeros(N, dtype=int))
    assert "gives 50.0 % of the training images their label" in said(always)
    assert "means little" not in said(replace(always, predicted_label=given))


def test_a_network_that_contradicts_none_of_the_labels():
    assert "The network gives 50 of the 50 labels listed here itself" in said(replace(GOOD, predicted_label=GIVEN))


def test_weights_that_make_no_difference():
    equal = replace(GOOD, weight=0.5 + 0.001 * GOOD.weight)
    assert "The weights hardly differ, from 0.500 to 0.501" in said(equal)
    assert said(equal, method="l2r") == said(equal, method="mlc") == ""


def test_weights_that_rise_with_the_loss_take_the_place_of_equal_ones():
    saturated = list(1 / (1 + np.exp(-4 - LOSSES)))
    sentence = said(replace(GOOD, weight=np.ones(N)), curve=saturated)
    assert sentence.startswith("Of the seed shown, the weight function rises with the loss")
    assert "hardly differ" not in sentence


def test_no_example_no_caution():
    empty = {name: value[:0] for name, value in vars(GOOD).items() if value is not None}
    assert said(replace(GOOD, **empty), order=ORDER[:0]) == ""


def test_it_is_on_the_page_and_in_the_terminal(tmp_path, report):
    """The network of the run gives every label itself."""
    page, printed = report(write_run(tmp_path / "run", config()))
    for text in (page.text, printed):
        assert "labels listed here itself: few are wrong, or it has learned the wrong ones by heart" in text
