"""Looking at a run does not change it."""

import copy

import pytest
import torch
from shared.networks import CLASSES, conv_net
from torch import nn
from torch.utils.checkpoint import checkpoint

import famus_ext as famus
from famus_ext.diagnostics import gradient_dots

META_MODELS = {"none": lambda: None, "mwnet": famus.MWNet, "l2r": famus.L2R}


class Checkpointed(nn.Module):
    """A block that runs again in every backward."""

    def __init__(self):
        super().__init__()
        self.block = nn.Sequential(nn.Conv2d(8, 8, 3), nn.BatchNorm2d(8), nn.Dropout(0.3))

    def forward(self, x):
        return checkpoint(self.block, x, use_reentrant=False)


class Drifting(nn.Module):
    """A factor that grows with every forward pass, and that the graph of the pass holds."""

    def __init__(self):
        super().__init__()
        self.register_buffer("factor", torch.ones(()))

    def forward(self, x):
        self.factor.mul_(1.1)
        return x * self.factor


@pytest.fixture
def network():
    torch.manual_seed(0)
    net = conv_net(nn.BatchNorm2d(8), nn.Dropout(0.3), Drifting(), Checkpointed(), nn.BatchNorm2d(8, momentum=None))
    net[1].eval()
    for parameter in net.parameters():
        parameter.grad = torch.randn_like(parameter)
    return net


def batch(n):
    return torch.randn(n, 3, 9, 9), torch.randint(0, CLASSES, (n,))


def observe(network):
    """Everything that a call could change: the tensors themselves, their values, modes and random state."""
    tensors = [*network.parameters(), *network.buffers(), *(p.grad for p in network.parameters())]
    return (
        [id(tensor) for tensor in tensors],
        [tensor.detach().clone() for tensor in tensors],
        [module.training for module in network.modules()],
        torch.get_rng_state(),
    )


def same(before, after):
    return (
        before[0] == after[0]
        and all(torch.equal(a, b) for a, b in zip(before[1], after[1], strict=True))
        and before[2] == after[2]
        and torch.equal(before[3], after[3])
    )


@pytest.mark.parametrize("meta_model", META_MODELS)
def test_nothing_is_written(network, meta_model):
    psi = META_MODELS[meta_model]()
    theta = {} if psi is None else copy.deepcopy(dict(psi.named_parameters()))
    training, meta = batch(6), batch(4)
    before = observe(network)
    dots = gradient_dots(network, training, meta, lr=0.1, meta_model=psi, layers=99)
    assert dots.values.abs().max() > 0
    assert not dots.values.requires_grad
    assert same(before, observe(network))
    for name, value in theta.items():
        assert torch.equal(psi.get_parameter(name), value)
        assert psi.get_parameter(name).grad is None


def test_nothing_is_written_when_it_fails(network):
    training, meta = batch(6), batch(4)
    before = observe(network)
    with pytest.raises(ValueError, match="meta_loss"):
        gradient_dots(network, training, meta, lr=0.1, meta_loss=lambda z, y: famus.cross_entropy(z, y).mean())
    assert same(before, observe(network))


def test_under_no_grad(network):
    training, meta = batch(6), batch(4)
    expected = gradient_dots(network, training, meta, lr=0.1)
    with torch.no_grad():
        assert torch.equal(gradient_dots(network, training, meta, lr=0.1).values, expected.values)
