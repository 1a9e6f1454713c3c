"""Plain training behind the meta step's face."""

import copy

import pytest
import torch
from torch import nn

from famus_ext import FocalLoss, NonFiniteError
from famus_ext.train.plain_step import PlainStep


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
    torch.testing.assert_close(out.loss, loss.detach())
    assert (out.weights, out.gates.numel(), out.loss.requires_grad) == (None, 0, False)


def test_plain_step_refuses_a_meta_steps_state():
    model = nn.Linear(2, 2)
    step = PlainStep(model, torch.optim.SGD(model.parameters(), lr=0.1))
    step.load_state_dict(step.state_dict())
    with pytest.raises(ValueError, match=r"state: expected the entries \['skips'\], got \['sampler'\]"):
        step.load_state_dict({"sampler": {}})


def test_a_step_that_is_not_finite_is_skipped_and_leaves_no_trace():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3))
    step = PlainStep(model, torch.optim.SGD(model.parameters(), lr=0.1), max_skips=1)
    x, y = torch.randn(5, 4), torch.tensor([0, 1, 2, 0, 1])
    before = copy.deepcopy(model.state_dict())
    x[0, 0] = torch.nan
    out = step(x, y, x, y)
    assert out.loss.isnan()
    assert "the training loss is not finite" in out.skipped
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    with pytest.raises(NonFiniteError, match="after 1 skipped in a row"):
        step(x, y, x, y)


def test_plain_step_trains_on_another_loss_with_a_clipped_gradient():
    torch.manual_seed(0)
    model = nn.Linear(4, 3)
    start = [parameter.detach().clone() for parameter in model.parameters()]
    x, y = 10 * torch.randn(5, 4), torch.tensor([0, 1, 2, 0, 1])
    expected = FocalLoss()(model(x), y).mean()
    out = PlainStep(model, torch.optim.SGD(model.parameters(), lr=1.0), FocalLoss(), clip_norm=0.5)(x, y, x, y)
    assert out.loss == expected
    moved = torch.cat([(old - new).flatten() for old, new in zip(start, model.parameters(), strict=True)])
    assert moved.norm().item() == pytest.approx(0.5, rel=1e-4)
