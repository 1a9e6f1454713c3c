"""From options to objects, and the one direction of imports."""

import ast
from pathlib import Path

import pytest
import torch
from torch import nn

import famus_ext
from famus_ext.train.assembly import learning_rate, make_network, make_sampler
from famus_ext.train.config import DataOptions, MetaOptions, OptimizerOptions, OptionError
from famus_ext.train.evaluation import accuracy, example_losses
from famus_ext.train.plain_step import PlainStep

PACKAGE = Path(famus_ext.__file__).parent


def test_learning_rate_is_divided_by_ten_after_each_milestone():
    options = OptimizerOptions(lr=0.5, lr_milestones=(2, 3))
    rates = [learning_rate(options, epoch) for epoch in range(5)]
    assert rates == pytest.approx([0.5, 0.5, 0.05, 0.005, 0.005])


@pytest.mark.parametrize(
    ("options", "kind"),
    [
        (MetaOptions(sampler="all"), famus_ext.AllLayers),
        (MetaOptions(sampler="last"), famus_ext.LastLayers),
        (MetaOptions(sampler="gumbel"), famus_ext.GumbelSampler),
    ],
)
def test_samplers_by_name(options, kind):
    assert isinstance(make_sampler(options, make_network(DataOptions(), 10)), kind)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (MetaOptions(sampler="gumbel", expected_layers=3.5), "--expected-layers: expected at most 3"),
        (MetaOptions(sampler="last", last_layers=4), "--last-layers: expected at most 3"),
    ],
)
def test_more_layers_than_there_are_is_refused(options, message):
    with pytest.raises(OptionError, match=message):
        make_sampler(options, make_network(DataOptions(), 10))


def test_plain_step_is_one_sgd_step_on_the_mean_loss():
    torch.manual_seed(0)
    model, reference = nn.Linear(4, 3), nn.Linear(4, 3)
    reference.load_state_dict(model.state_dict())
    x, y = torch.randn(5, 4), torch.tensor([0, 1, 2, 0, 1])
    out = PlainStep(model, torch.optim.SGD(model.parameters(), lr=0.1))(x, y, x, y)
    loss = nn.functional.cross_entropy(reference(x), y)
    gradient = torch.autograd.grad(loss, list(reference.parameters()))
    for parameter, start, direction in zip(model.parameters(), reference.parameters(), gradient, strict=True):
        torch.testing.assert_close(parameter, start - 0.1 * direction)
    assert out.loss == loss.detach()
    assert (out.weights, out.gates.numel(), out.loss.requires_grad) == (None, 0, False)


def test_plain_step_refuses_a_meta_steps_state():
    model = nn.Linear(2, 2)
    step = PlainStep(model, torch.optim.SGD(model.parameters(), lr=0.1))
    step.load_state_dict(step.state_dict())
    with pytest.raises(ValueError, match=r"state: expected none for plain cross-entropy, got \['sampler'\]"):
        step.load_state_dict({"sampler": {}})


def test_evaluation_leaves_the_mode_and_the_gradients_alone(make_trainer):
    trainer = make_trainer("ce")
    model, test = trainer.model, trainer.data.test
    model.train()
    right = (model(test.images).argmax(1) == test.labels).float().mean()
    assert accuracy(model, test) == pytest.approx(float(right))
    losses = example_losses(model, test)
    assert losses.shape == test.labels.shape
    assert not losses.requires_grad
    assert model.training


@pytest.mark.parametrize("package", ["data", "models"])
def test_data_and_models_know_nothing_of_the_rest(package):
    for path in (PACKAGE / package).glob("*.py"):
        assert all(name.startswith(f"famus_ext.{package}") for name in imported(path) if name.startswith("famus_ext"))


def test_nothing_imports_the_trainer_and_torchvision_is_never_imported():
    for path in PACKAGE.rglob("*.py"):
        names = imported(path)
        assert not any(name.startswith("torchvision") for name in names), path
        if path.parent.name != "train" and path.name != "__main__.py":
            assert not any(name.startswith("famus_ext.train") for name in names), path


def imported(path):
    """Names of the modules that a file imports anywhere in it."""
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    plain = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    return plain + [node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module]
