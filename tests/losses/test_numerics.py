"""Every loss: differentiable twice, finite for extreme logits, in the logits' dtype, without state of its own."""

import copy

import pytest
import torch

import famus_ext as famus
from famus_ext.losses import ClassBalancedLoss, DeferredReweighting, FocalLoss, LDAMLoss, prior_penalty, squared_error

SIZES = [500, 40, 3]
INDICES = {
    "cross-entropy": famus.cross_entropy,
    "focal": FocalLoss(),
    "focal, blunt": FocalLoss(0.5, [1, 2, 0.5]),
    "class-balanced": ClassBalancedLoss(SIZES),
    "LDAM": LDAMLoss(SIZES),
    "deferred": DeferredReweighting(FocalLoss(), SIZES, start=0),
}
SOFT = {name: INDICES[name] for name in INDICES if name != "LDAM"} | {
    "squared error": squared_error,
    "prior penalty": lambda logits, targets: prior_penalty(logits),
}
CASES = [(name, loss, False) for name, loss in INDICES.items()] + [(name, loss, True) for name, loss in SOFT.items()]
each = pytest.mark.parametrize(("loss", "soft"), [case[1:] for case in CASES], ids=[f"{c[0]}-{c[2]}" for c in CASES])


def targets_of(logits, soft):
    return torch.randn_like(logits).softmax(1) if soft else torch.arange(len(logits)) % logits.shape[1]


@each
def test_differentiable_twice(loss, soft):
    torch.manual_seed(0)
    logits = torch.randn(5, 3, dtype=torch.float64, requires_grad=True)
    targets = targets_of(logits.detach(), soft)
    assert torch.autograd.gradcheck(lambda z: loss(z, targets), (logits,))
    assert torch.autograd.gradgradcheck(lambda z: loss(z, targets), (logits,))


@each
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize("size", [50.0, 1e4])
def test_extreme_logits(loss, soft, dtype, size):
    """Right and wrong beyond what a probability can hold: value and both derivatives stay finite."""
    torch.manual_seed(1)
    logits = size * torch.tensor([[1, -1, -1], [1, -1, -1], [-1, 1, 1], [0, 0, 1]], dtype=dtype)
    logits.requires_grad_()
    losses = loss(logits, targets_of(logits.detach(), soft))
    (slope,) = torch.autograd.grad(losses.sum(), logits, create_graph=True)
    (curvature,) = torch.autograd.grad((slope * torch.randn_like(slope)).sum(), logits)
    for name, values in (("losses", losses), ("slope", slope), ("curvature", curvature)):
        assert values.isfinite().all(), name
    assert losses.max() > 0


@pytest.mark.parametrize("loss", INDICES.values(), ids=INDICES)
def test_precision_follows_the_logits(loss):
    logits = torch.randn(4, 3, generator=torch.Generator().manual_seed(2))
    targets = targets_of(logits, False)
    assert loss(logits, targets).dtype == torch.float32
    torch.testing.assert_close(loss(logits.double(), targets).float(), loss(logits, targets))
    assert loss(logits.bfloat16(), targets).dtype == torch.bfloat16


@pytest.mark.parametrize("loss", [FocalLoss(alpha=SIZES), ClassBalancedLoss(SIZES), LDAMLoss(SIZES)])
def test_derived_buffers_move_but_are_no_state(loss):
    assert loss.state_dict() == {}
    moved = copy.deepcopy(loss).to("meta")
    assert all(buffer.is_meta for buffer in moved.buffers())
    assert len(list(moved.buffers())) == 1


def test_confidently_wrong_is_not_given_up():
    """The focal loss's slope at a wrong answer is cross-entropy's, however wrong."""
    logits = torch.tensor([[1e4, -1e4]], requires_grad=True)
    (slope,) = torch.autograd.grad(FocalLoss()(logits, torch.tensor([1])).sum(), logits)
    torch.testing.assert_close(slope, torch.tensor([[1.0, -1.0]]))
