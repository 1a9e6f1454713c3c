"""Mistakes that show in the network and its first steps: each is found, with what to do."""

import sys
from dataclasses import replace
from types import ModuleType

import pytest
import torch
from torch import nn

from famus_ext.engine.output import StepOutput
from famus_ext.inspection.step_findings import input_findings, step_findings
from famus_ext.inspection.trial import Steps, Trial
from famus_ext.models import build

from .trees import inspected, said

STEPS = 3


class Scaled(nn.Module):
    """A network whose outputs are multiplied by a number."""

    def __init__(self, num_classes, factor):
        super().__init__()
        self.factor = factor
        self.inner = nn.Sequential(nn.Flatten(), nn.Linear(3 * 64, num_classes))

    def forward(self, x):
        return self.factor * self.inner(x)


def normed(num_classes):
    return nn.Sequential(nn.Flatten(), nn.Linear(3 * 64, 4), nn.BatchNorm1d(4), nn.Linear(4, num_classes))


NETWORKS = {
    "seven_outputs": lambda num_classes: build("digits", 7, in_channels=3),
    "other_images": lambda num_classes: nn.Sequential(nn.Flatten(), nn.Linear(5, num_classes)),
    "not_a_number": lambda num_classes: Scaled(num_classes, float("nan")),
    "far_too_large": lambda num_classes: Scaled(num_classes, 300.0),
    "normed": normed,
}


@pytest.fixture(autouse=True)
def networks(monkeypatch):
    module = ModuleType("inspected_networks")
    vars(module).update(NETWORKS)
    monkeypatch.setitem(sys.modules, module.__name__, module)


CASES = {
    "seven outputs": (
        {"network": "inspected_networks:seven_outputs"},
        "expected 3 outputs an image, one a class, got the shape (2, 7) of 2 images",
        "Let the callable take num_classes",
    ),
    "images of another shape": (
        {"network": "inspected_networks:other_images"},
        "fails on images of shape [3, 8, 8]",
        "Name another --network, or another --image-size",
    ),
    "loss that is not finite": (
        {"network": "inspected_networks:not_a_number"},
        "3 of the first 3 steps are left out",
        "Take a smaller --lr, or --clip-norm 1",
    ),
    "loss that is far too high": (
        {"network": "inspected_networks:far_too_large"},
        "and guessing has log C = 1.1",
        "Look at how the network is initialised and how its inputs are scaled",
    ),
    "learning rate that is far too high": (
        {"optimizer": {"lr": 1e4}, "method": "ce"},
        "the loss rises from",
        "Take a smaller --lr",
    ),
    "BatchNorm on one image": (
        {"network": "inspected_networks:normed", "optimizer": {"batch_size": 1}},
        "--batch-size leaves batches of one image, and the network has batch normalisation, 2 say",
        "Take a larger --batch-size",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_mistake_is_found_with_what_to_do(tree, case):
    options, problem, remedy = CASES[case]
    text = said(inspected(tree, steps=STEPS, **options))
    assert problem in text
    assert remedy in text


def test_inputs_without_content_are_found():
    (finding,) = input_findings(torch.full((2, 3, 8, 8), 0.5))
    assert finding.problem == "the first images are all the same grey, 0.5"
    (finding,) = input_findings(255 * torch.rand(2, 3, 8, 8, generator=torch.Generator().manual_seed(0)))
    assert "have the mean" in finding.problem
    assert "networks expect a mean near 0 and a deviation near 1" in finding.remedy


OUTPUT = StepOutput(
    loss=torch.tensor(1.0),
    meta_loss=torch.tensor(1.0),
    weights=torch.ones(2),
    gates=torch.ones(2),
    logits=torch.zeros(2, 3),
    sample_dots=torch.ones(2),
    meta_grads={"theta": torch.ones(1)},
)


@pytest.mark.parametrize(
    ("changes", "problem", "remedy"),
    [
        ({"weights": torch.zeros(2)}, "every example's weight was 0 in 3 meta steps in a row", "a trusted set that no"),
        ({"gates": torch.zeros(2)}, "no layer was active in 3 meta steps in a row", "lambda_r too small"),
        (
            {"meta_grads": {"theta": torch.zeros(1)}},
            "the meta gradient was 0 in 3 meta steps",
            "a saturated meta model",
        ),
    ],
)
def test_collapse_from_the_start_is_found(changes, problem, remedy):
    def findings(*outputs):
        return step_findings(Steps(nn.Identity(), outputs, (1.0,) * len(outputs), 1.0, 0.0, None), 3)

    collapsed = replace(OUTPUT, **changes)
    (finding,) = findings(*[collapsed] * STEPS)
    assert problem in finding.problem
    assert remedy in finding.remedy
    assert findings(collapsed, OUTPUT, collapsed) == []


def test_a_step_that_would_take_minutes_is_not_taken(tree, monkeypatch):
    monkeypatch.setattr(Trial, "forward_seconds", lambda self: 60.0)
    monkeypatch.setattr(Trial, "run", lambda self, count: pytest.fail("a step was taken"))
    found = inspected(tree, steps=STEPS)
    assert found.cost is None
    (slow,) = [finding for finding in found.findings if "a step takes about" in finding.problem]
    assert "a step takes about 4,800 s here" in slow.problem  # 10 passes of 8 images
    assert "--image-size" in slow.remedy


def test_forward_seconds_are_counted_by_image(tree, monkeypatch):
    trials = []
    forward_seconds = Trial.forward_seconds
    monkeypatch.setattr(Trial, "forward_seconds", lambda self: trials.append(forward_seconds(self)) or trials[-1])
    inspected(tree, steps=1)
    assert 0.0 < trials[0] < 1.0
