"""The deterministic switch: what it sets, and two runs that are equal to the bit."""

import json
import os

import pytest
import torch

from famus_ext.train.determinism import WORKSPACE, deterministic

from .command import records, train

METHODS = ["l2r", "mwnet", "mlc", "label-correction"]


def flags():
    cudnn = torch.backends.cudnn
    return torch.are_deterministic_algorithms_enabled(), cudnn.deterministic, cudnn.benchmark


def test_it_is_on_inside_and_as_before_outside(monkeypatch):
    monkeypatch.delenv(WORKSPACE, raising=False)
    before = flags()
    with deterministic(True):
        assert flags() == (True, True, False)
        assert os.environ[WORKSPACE] == ":4096:8"
    assert flags() == before


def test_a_workspace_that_the_user_chose_stays(monkeypatch):
    monkeypatch.setenv(WORKSPACE, ":16:8")
    with deterministic(True):
        assert os.environ[WORKSPACE] == ":16:8"


def test_not_wanted_changes_nothing(monkeypatch):
    monkeypatch.delenv(WORKSPACE, raising=False)
    before = flags()
    with deterministic(False):
        assert flags() == before


@pytest.mark.parametrize("method", METHODS)
def test_two_runs_are_equal_to_the_bit(tmp_path, monkeypatch, method):
    monkeypatch.setenv(WORKSPACE, ":4096:8")
    runs = [tmp_path / name for name in "ab"]
    for out in runs:
        assert train("--method", method, "--deterministic", "--out", out) == 0
    one, other = runs
    assert records(one) == records(other)
    assert (one / f"examples_{method}_seed0.csv").read_bytes() == (other / f"examples_{method}_seed0.csv").read_bytes()
    assert json.loads((one / "config.json").read_text())["machine"]["deterministic"] is True
    states = [torch.load(newest(out, method), weights_only=True)["state"] for out in runs]
    assert all(torch.equal(states[0]["model"][name], value) for name, value in states[1]["model"].items())


def newest(out, method):
    return sorted((out / "checkpoints" / f"{method}_seed0").glob("*.pt"))[-1]
