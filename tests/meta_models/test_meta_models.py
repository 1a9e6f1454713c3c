"""MW-Net and L2R by themselves."""

import pytest
import torch
from torch import nn

import famus_ext as famus


def test_mwnet_is_the_papers():
    """1-100-1 with a ReLU and a sigmoid; Eq. 1."""
    meta = famus.MWNet()
    assert [tuple(p.shape) for p in meta.parameters()] == [(100, 1), (100,), (1, 100), (1,)]
    logits, targets = torch.randn(7, 4), torch.randint(0, 4, (7,))
    loss = meta(logits, targets)
    losses = nn.functional.cross_entropy(logits, targets, reduction="none")
    hidden = torch.relu(losses[:, None] * meta.net[0].weight.T + meta.net[0].bias)
    weights = torch.sigmoid(hidden @ meta.net[2].weight.T + meta.net[2].bias)[:, 0]
    torch.testing.assert_close(loss.weights, weights)
    torch.testing.assert_close(loss.value, (weights * losses).sum() / 7)
    assert ((loss.weights > 0) & (loss.weights < 1)).all()


def test_mwnet_weight_is_a_constant_of_the_network():
    """∂ℓ/∂z = (1/N) V_i ∂L_i/∂z: the weight function itself is not differentiated in its input (Eq. 3)."""
    meta = famus.MWNet()
    logits, targets = torch.randn(7, 4, requires_grad=True), torch.randint(0, 4, (7,))
    loss = meta(logits, targets)
    (slope,) = torch.autograd.grad(loss.value, logits, retain_graph=True)
    (expected,) = torch.autograd.grad((loss.weights.detach() * loss.losses).mean(), logits)
    torch.testing.assert_close(slope, expected)


def test_deeper_mwnet():
    assert len(list(famus.MWNet(hidden=8, layers=3).parameters())) == 8


def test_l2r_starts_every_batch_at_zero():
    meta = famus.L2R()
    for n in (5, 3):
        meta.begin(torch.randn(n, 4), torch.zeros(n))
        assert torch.equal(meta.epsilon, torch.zeros(n))
        meta.meta_update({"epsilon": torch.linspace(-1, 1, n)})
        assert meta.epsilon.sum().item() == pytest.approx(1)
        assert meta.epsilon[-1] == 0
    assert meta.state_dict() == {}
    meta.load_state_dict({})
