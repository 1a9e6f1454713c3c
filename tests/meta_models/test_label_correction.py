"""Meta Label Correction: the corrected label and its loss."""

import pytest
import torch

from famus_ext.meta_models import LabelCorrection


@pytest.fixture
def batch():
    torch.manual_seed(0)
    return torch.randn(6, 4, dtype=torch.float64, requires_grad=True), torch.arange(6) % 4


def test_loss_is_cross_entropy_with_the_corrected_label(batch):
    meta = LabelCorrection(4, hidden=8).double()
    loss = meta(*batch)
    corrected = meta.correct(*batch)
    torch.testing.assert_close(loss.losses, -(corrected * batch[0].log_softmax(1)).sum(1))
    torch.testing.assert_close(loss.value, loss.losses.mean())
    assert loss.weights is None
    (slope,) = torch.autograd.grad(loss.value, batch[0])
    torch.testing.assert_close(slope, (batch[0].softmax(1) - corrected).detach() / 6)


def test_labels_in_both_forms_agree(batch):
    meta = LabelCorrection(4).double()
    logits, targets = batch
    one_hot = torch.nn.functional.one_hot(targets, 4).double()
    assert torch.equal(meta.correct(logits, targets), meta.correct(logits, one_hot))


@pytest.mark.parametrize("distrust", [0.01, 0.1, 0.3])
def test_starts_near_the_given_label(batch, distrust):
    logits, targets = batch
    corrected = LabelCorrection(4, distrust=distrust).double().correct(logits, targets)
    torch.testing.assert_close(corrected.sum(1), torch.ones(6).double())
    assert (corrected > 0).all()
    kept = corrected[torch.arange(6), targets]
    assert (kept > 1 - 1.6 * distrust).all()
    assert (kept < 1).all()


def test_reads_prediction_and_label(batch):
    meta = LabelCorrection(4).double()
    logits, targets = batch
    corrected = meta.correct(logits, targets)
    assert not torch.allclose(corrected, meta.correct(logits.flip(0), targets))
    assert not torch.allclose(corrected, meta.correct(logits, (targets + 1) % 4))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
def test_extreme_logits(dtype):
    meta = LabelCorrection(3).to(dtype)
    logits = (1e4 * torch.tensor([[1, -1, -1], [1, -1, -1], [-1, 1, 1]], dtype=dtype)).requires_grad_()
    loss = meta(logits, torch.tensor([0, 2, 1]))
    grads = torch.autograd.grad(loss.value, [logits, *meta.parameters()])
    assert all(t.isfinite().all() for t in (loss.value, *grads))


def test_learns_to_undo_a_swap():
    """A flip of two classes that the prediction knows better: q moves to the prediction."""
    torch.manual_seed(1)
    meta = LabelCorrection(2, hidden=16).double()
    logits, flipped = 3 * torch.eye(2).double(), torch.tensor([1, 0])
    optimizer = torch.optim.Adam(meta.parameters(), lr=0.05)
    for _ in range(100):
        optimizer.zero_grad()
        meta(logits, flipped).value.backward()
        optimizer.step()
    assert (meta.correct(logits, flipped).argmax(1) == torch.tensor([0, 1])).all()
