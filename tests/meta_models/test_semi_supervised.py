"""MixMatch with learned weights, against the released code's loss written out."""

import math

import pytest
import torch

from famus_ext.meta_models import MWNet, SemiSupervised


@pytest.fixture
def batch():
    torch.manual_seed(0)
    logits, targets, guessed = torch.randn(3, 10, 4, dtype=torch.float64)
    return logits.requires_grad_(), (targets.softmax(1), guessed.softmax(1))


@pytest.mark.parametrize("num_labelled", [1, 5, 10])
def test_formula(batch, num_labelled):
    logits, (targets, guessed) = batch
    weighting = MWNet(8).double()
    loss = SemiSupervised(weighting, num_labelled, lambda_u=30.0)(*batch)
    ce = -(targets * logits.log_softmax(1)).sum(1)
    mse = ((logits.softmax(1) - guessed) ** 2).mean(1)
    v = weighting.weigh(ce.detach())
    v = v / v.sum()
    labelled, unlabelled = slice(0, num_labelled), slice(num_labelled, None)
    penalty = sum(0.25 * math.log(0.25) - 0.25 * p.log() for p in logits.softmax(1).mean(0))
    expected = 2 * (v * ce)[labelled].sum() + 2 * 30.0 * (v * mse)[unlabelled].sum() + penalty
    torch.testing.assert_close(loss.value, expected)
    torch.testing.assert_close(loss.weights, v)
    torch.testing.assert_close((loss.weights * loss.losses).sum() + penalty, expected)
    theta = list(weighting.parameters())
    for a, b in zip(*(torch.autograd.grad(x, [logits, *theta]) for x in (loss.value, expected)), strict=True):
        torch.testing.assert_close(a, b)


def test_lambda_u_is_set_by_the_loop(batch):
    meta = SemiSupervised(MWNet(8).double(), 5, lambda_u=0.0)
    assert not meta(*batch).losses[5:].any()
    meta.lambda_u = 2.0
    assert (meta(*batch).losses[5:] > 0).all()


def test_class_groups_reach_the_weights(batch):
    """Ψ's own rule for the weight of an example, not only its curve."""
    weighting = MWNet(8, class_groups=[0, 0, 1, 1]).double()
    logits, (targets, _) = batch
    weights, losses = weighting.evaluate(logits, targets)
    found = SemiSupervised(weighting, 5, 1.0)(*batch).weights
    torch.testing.assert_close(found, weights / weights.sum())
    assert not torch.allclose(weights, weighting.weigh(losses.detach(), group=0))


def test_labelled_rows_by_a_mask(batch):
    """The rows may come in any order; what stands in the guesses of labelled rows is not read."""
    logits, (targets, guessed) = batch
    weighting = MWNet(8).double()
    expected = SemiSupervised(weighting, 4, 3.0)(logits, (targets, guessed))
    order = torch.tensor([9, 2, 0, 5, 1, 7, 3, 4, 8, 6])
    labelled = order < 4
    guessed = guessed[order].masked_fill(labelled[:, None], torch.nan)
    found = SemiSupervised(weighting, None, 3.0)(logits[order], (targets[order], guessed, labelled))
    torch.testing.assert_close(found.value, expected.value)
    torch.testing.assert_close(found.losses, expected.losses[order])
    assert torch.autograd.grad(found.value, logits)[0].isfinite().all()
