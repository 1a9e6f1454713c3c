"""The published Fashion-MNIST record shows what is said of it, for every seed."""

import json
from itertools import pairwise
from pathlib import Path

import pytest

RECORD = Path(__file__).parents[2] / "benchmarks" / "results" / "fashion-weights.json"
NOISE, TAIL = json.loads(RECORD.read_text(encoding="utf-8"))["experiments"]


def runs(experiment):
    """Every seed's run with MW-Net, and the one without."""
    by_method = {(run["method"], run["seed"]): run for run in experiment["runs"]}
    return [(by_method["mwnet", seed], by_method["ce", seed]) for seed in experiment["config"]["seeds"]]


def last_curve(run):
    """V of the last epoch, up to a loss of 4."""
    function = run["weight_function"]
    (*_, (weights,)) = function["weights_by_epoch"].values()
    return [weight for loss, weight in zip(function["losses"], weights, strict=True) if loss <= 4]


@pytest.mark.parametrize(("run", "plain"), runs(NOISE))
def test_weights_fall_with_the_loss_where_labels_are_wrong(run, plain):
    assert all(later < earlier for earlier, later in pairwise(last_curve(run)))
    assert run["weight_wrong"][-1] < 0.25 * run["weight_clean"][-1]
    assert run["test_accuracy"][-1] > plain["test_accuracy"][-1] + 0.05


@pytest.mark.parametrize(("run", "plain"), runs(TAIL))
def test_weights_rise_with_the_loss_on_a_long_tail(run, plain):
    assert all(later > earlier for earlier, later in pairwise(last_curve(run)))
    assert all(tail > head for head, tail in zip(run["weight_head"], run["weight_tail"], strict=True))
    assert run["weight_tail"][-1] > 1.2 * run["weight_head"][-1]
    assert abs(run["test_accuracy"][-1] - plain["test_accuracy"][-1]) < 0.02  # no better than plain training, nor worse
