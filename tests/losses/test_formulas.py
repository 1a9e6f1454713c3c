"""Every loss against its formula written out, in float64."""

import math

import pytest
import torch

import famus_ext as famus
from famus_ext.losses import (
    ClassBalancedLoss,
    FocalLoss,
    LDAMLoss,
    class_balanced_weights,
    prior_penalty,
    ramp_up,
    squared_error,
)
from famus_ext.losses.focal import log_complement

SIZES = [500, 40, 3, 40]


@pytest.fixture
def batch():
    """Logits [6, 4], class indices and soft labels."""
    torch.manual_seed(0)
    logits = 3 * torch.randn(6, 4, dtype=torch.float64)
    return logits, torch.randint(0, 4, (6,)), torch.randn(6, 4, dtype=torch.float64).softmax(1)


def one_hot(targets):
    return torch.nn.functional.one_hot(targets, 4).double()


@pytest.mark.parametrize("gamma", [0.0, 0.5, 2.0])
@pytest.mark.parametrize("alpha", [None, [0.25, 1.0, 2.0, 0.0]])
def test_focal(batch, gamma, alpha):
    """Lin et al., Eq. 5."""
    logits, targets, soft = batch
    loss = FocalLoss(gamma, alpha)
    p = logits.softmax(1)
    factors = torch.ones(4).double() if alpha is None else torch.tensor(alpha).double()
    for given, weights in ((targets, one_hot(targets)), (soft, soft)):
        expected = -(weights * factors * (1 - p) ** gamma * p.log()).sum(1)
        torch.testing.assert_close(loss(logits, given), expected, rtol=1e-13, atol=1e-13)


def test_focal_without_focus_is_cross_entropy(batch):
    logits, targets, soft = batch
    for given in (targets, soft):
        torch.testing.assert_close(
            FocalLoss(0.0)(logits, given), famus.cross_entropy(logits, given), rtol=1e-14, atol=0
        )


def test_log_complement_of_a_certain_class():
    """Where p rounds to 1, the sum of the others is what is left."""
    logits = torch.tensor([[100.0, 0.0, math.log(2.0)]], dtype=torch.float64)
    expected = torch.tensor([[math.log(3.0) - 100, 0.0, 0.0]], dtype=torch.float64)
    torch.testing.assert_close(log_complement(logits), expected, rtol=1e-15, atol=1e-40)


@pytest.mark.parametrize("beta", [0.0, 0.9, 0.9999, 1 - 1e-12])
def test_class_balanced(batch, beta):
    """Cui et al.: the inverse of the effective number E_n = Σ_{k<n} β^k, mean 1 over classes."""
    logits, targets, soft = batch
    inverse = torch.tensor([1 / math.fsum(beta**k for k in range(n)) for n in SIZES], dtype=torch.float64)
    weights = 4 * inverse / inverse.sum()
    torch.testing.assert_close(class_balanced_weights(SIZES, beta), weights, rtol=1e-12, atol=0)
    loss = ClassBalancedLoss(SIZES, beta)
    losses = famus.cross_entropy(logits, targets)
    torch.testing.assert_close(loss(logits, targets), weights[targets] * losses)
    torch.testing.assert_close(loss(logits, soft), (soft * weights).sum(1) * famus.cross_entropy(logits, soft))


def test_class_balanced_takes_any_loss(batch):
    logits, targets, _ = batch
    expected = class_balanced_weights(SIZES)[targets] * FocalLoss()(logits, targets)
    torch.testing.assert_close(ClassBalancedLoss(SIZES, loss=FocalLoss())(logits, targets), expected)


def test_ldam(batch):
    """Cao et al.: cross-entropy with the target's logit lowered by Δ_y ∝ n_y^(-1/4), the largest 0.5."""
    logits, targets, _ = batch
    loss = LDAMLoss(SIZES, max_margin=0.5, scale=2.0)
    margins = torch.tensor([n**-0.25 for n in SIZES], dtype=torch.float64)
    margins *= 0.5 / margins.max()
    z = 2.0 * (logits - margins * one_hot(targets))
    expected = torch.stack([row.logsumexp(0) - row[y] for row, y in zip(z, targets, strict=True)])
    torch.testing.assert_close(loss(logits, targets), expected, rtol=1e-13, atol=1e-13)
    assert loss.margins.argmax() == 2


def test_mixmatch_terms(batch):
    logits, _, soft = batch
    p = logits.softmax(1)
    torch.testing.assert_close(squared_error(logits, soft), ((p - soft) ** 2).mean(1))
    mean = p.mean(0)
    expected = sum(0.25 * math.log(0.25 / mean[c]) for c in range(4))
    assert prior_penalty(logits).item() == pytest.approx(expected, rel=1e-12)
    uniform = torch.cat([20 * torch.eye(4)] * 2).double()
    assert prior_penalty(uniform).item() == pytest.approx(0, abs=1e-14)


@pytest.mark.parametrize(
    ("epoch", "expected"), [(-1, 0.0), (0, 0.0), (4, 12.5), (8, 25.0), (16, 50.0), (100, 50.0), (0.5, 1.5625)]
)
def test_ramp_up(epoch, expected):
    assert ramp_up(epoch, 50) == expected


def test_ramp_up_at_once():
    assert ramp_up(0, 50, length=0) == 50


def test_several_positions_are_averaged():
    torch.manual_seed(1)
    logits, targets = torch.randn(3, 4, 5, dtype=torch.float64), torch.randint(0, 4, (3, 5))
    for loss in (FocalLoss(alpha=[1, 2, 3, 4]), LDAMLoss(SIZES)):
        each = torch.stack([loss(logits[:, :, j], targets[:, j]) for j in range(5)], 1)
        torch.testing.assert_close(loss(logits, targets), each.mean(1))
