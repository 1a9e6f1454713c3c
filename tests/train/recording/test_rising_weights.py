"""When a weight function is said to trust large losses, and when it rises rightly or not at all."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from train.made_up import predictions, run

import famus_ext as famus
from famus_ext.train.config import Config, MetaModelOptions
from famus_ext.train.console import result_warnings
from famus_ext.train.recording.rising_weights import rising_weights
from famus_ext.train.recording.weight_curves import LOSSES, MAXIMUM, POINTS

WRONG = np.arange(40) % 2 == 1
LABELS = np.arange(40) % 4
UNEQUAL = np.array([0] * 32 + [1] * 8)
LARGE = np.where(WRONG, 4.0, 0.5)
RISING, SATURATED, FALLING = (1 / (1 + np.exp(-s - k * LOSSES)) for s, k in ((-1, 1), (4, 1), (1, -1)))
LATE = np.where(LOSSES > 6, 0.9, 0.5)


def said(curves, *, losses=LARGE, labels=LABELS, wrong=WRONG):
    weights = np.interp(losses, LOSSES, curves[0]) if curves else np.ones(40)
    return rising_weights([list(curve) for curve in curves], losses, weights, labels, wrong)


@pytest.mark.parametrize("curve", [RISING, SATURATED], ids=["rising", "saturated"])
def test_wrong_labels_that_weigh_more_are_said(curve):
    sentence = said([curve])
    assert "from {:.3f} at a loss of 0.5 to {:.3f} at 4".format(*np.interp([0.5, 4.0], LOSSES, curve)) in sentence
    assert "wrong labels weigh more than right ones" in sentence


def test_where_nobody_knows_the_labels_it_is_said_with_an_if():
    assert "if labels are wrong, it trusts the wrong ones most" in said([RISING], wrong=None)


@pytest.mark.parametrize(
    "case",
    [
        {"curves": []},
        {"curves": [FALLING]},
        {"curves": [RISING, FALLING]},
        {"curves": [LATE]},
        {"curves": [RISING], "wrong": np.zeros(40, dtype=bool)},
        {"curves": [RISING], "wrong": ~WRONG},
        {"curves": [RISING], "wrong": None, "labels": UNEQUAL},
        {"curves": [RISING], "losses": np.full(40, np.nan)},
    ],
    ids=["none", "falling", "one group", "beyond the losses", "no wrong label", "right ones", "rare class", "no loss"],
)
def test_nothing_is_said(case):
    assert said(**case) == ""


@pytest.mark.parametrize("seed", range(8))
def test_a_fresh_function_is_none_that_rises(seed):
    torch.manual_seed(seed)
    curve = famus.weight_function(famus.MWNet(), maximum=MAXIMUM, points=POINTS).weights[0].tolist()
    assert said([curve], wrong=None) == ""


def test_the_trainer_says_it_at_the_end_of_a_run():
    made = run("mwnet", 3, 0.5)
    losses = torch.from_numpy(LARGE).float()
    result = replace(
        made,
        history=(replace(made.history[0], weight_function=[RISING.tolist()]),),
        weights=torch.from_numpy(np.interp(LARGE, LOSSES, RISING)),
        predictions=predictions(losses),
        groups={"wrong": torch.from_numpy(WRONG)},
    )
    config = Config(meta_model=MetaModelOptions(method="mwnet"))
    (line,) = result_warnings(config, result, torch.from_numpy(LABELS))
    assert line.startswith("warning: mwnet seed 3: the weight function rises with the loss, from ")
    right = replace(result, groups={"wrong": torch.from_numpy(~WRONG)})
    assert result_warnings(config, right, torch.from_numpy(LABELS)) == []
    assert result_warnings(Config(), result, torch.from_numpy(LABELS)) == []
