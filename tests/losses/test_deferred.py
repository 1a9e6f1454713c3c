"""Deferred re-weighting: two phases, and a resumed run is in the right one."""

import io

import torch

import famus_ext as famus
from famus_ext.losses import ClassBalancedLoss, DeferredReweighting, LDAMLoss

SIZES = [500, 40, 3]


def test_two_phases():
    torch.manual_seed(0)
    logits, targets = torch.randn(5, 3), torch.randint(0, 3, (5,))
    plain = LDAMLoss(SIZES)
    loss = DeferredReweighting(plain, SIZES, start=2, beta=0.99)
    balanced = ClassBalancedLoss(SIZES, 0.99, plain)
    for epoch, expected in ((0, plain), (1, plain), (2, balanced), (3, balanced)):
        loss.set_epoch(epoch)
        assert torch.equal(loss(logits, targets), expected(logits, targets)), epoch
    assert not torch.equal(plain(logits, targets), balanced(logits, targets))


def test_epoch_is_state():
    loss = DeferredReweighting(famus.cross_entropy, SIZES, start=2)
    loss.set_epoch(5)
    file = io.BytesIO()
    torch.save(famus.MWNet(loss=loss).state_dict(), file)
    file.seek(0)
    resumed = famus.MWNet(loss=DeferredReweighting(famus.cross_entropy, SIZES, start=2))
    resumed.load_state_dict(torch.load(file, weights_only=True))
    assert resumed.loss.epoch == 5
