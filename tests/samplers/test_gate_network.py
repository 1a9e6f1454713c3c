"""Γ by itself: its layers, its input and what it draws."""

import itertools

import pytest
import torch
from torch import nn
from torch.nn.functional import gumbel_softmax

from famus_ext import _native
from famus_ext.samplers.gate_network import GateNetworks, standardised


def sequential(widths):
    """PyTorch's own modules."""
    modules = [nn.Linear(widths[0], widths[1])]
    for width, following in itertools.pairwise(widths[1:]):
        modules += [nn.PReLU(), nn.Linear(width, following)]
    return nn.Sequential(*modules)


@pytest.mark.parametrize("hidden", [[], [7], [7, 7]])
def test_starts_as_pytorchs_modules(hidden):
    """η has their parameters one after another, the numbers that they draw, and the logits are theirs."""
    torch.manual_seed(0)
    gates = GateNetworks([5, 1, 3], hidden=7, depth=1 + len(hidden))
    torch.manual_seed(0)
    networks = [sequential([size, *hidden, 2]) for size in (5, 1, 3)]
    for parameters, network in zip(gates.by_layer(), networks, strict=True):
        assert all(map(torch.equal, parameters, network.parameters()))
    assert len(gates) == 3
    inputs = [torch.randn(size) for size in (5, 1, 3)]
    expected = torch.stack([network(x) for x, network in zip(inputs, networks, strict=True)])
    torch.testing.assert_close(gates.logits(inputs), expected, rtol=1e-6, atol=1e-6)


def test_logits_are_of_the_dtype_of_eta():
    gates = GateNetworks([5, 1], hidden=7, depth=2).double()
    assert gates.logits([torch.randn(5), torch.randn(1)]).dtype == torch.float64


@pytest.mark.parametrize("mode", ["auto", "reference"])
@pytest.mark.parametrize("depth", [1, 2, 3])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_draws_are_pytorchs(mode, depth, dtype):
    """For a seed the gates are those of torch.nn.functional.gumbel_softmax, and so are the gradients."""
    torch.manual_seed(0)
    gates = GateNetworks([5, 1, 3, 70], hidden=7, depth=depth).to(dtype)
    eta = list(gates.parameters())
    inputs = [torch.randn(size) for size in (5, 1, 3, 70)]
    for seed in range(20):
        torch.manual_seed(seed)
        expected = gumbel_softmax(gates.logits(inputs), tau=0.7, hard=True)[:, 1]
        torch.manual_seed(seed)
        with _native.use(mode):
            found = gates(inputs, gates.noise(), 0.7)
        assert found.dtype == dtype
        assert torch.equal(found, expected)
        cotangent = torch.randn(4, dtype=dtype)
        pairs = zip(*(torch.autograd.grad(r, eta, cotangent) for r in (found, expected)), strict=True)
        for grad, reference in pairs:
            torch.testing.assert_close(grad, reference, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("mode", ["auto", "reference"])
@pytest.mark.parametrize("depth", [2, 3])
def test_autocast_changes_nothing(mode, depth):
    torch.manual_seed(0)
    gates = GateNetworks([5, 3], hidden=7, depth=depth)
    inputs, noise = [torch.randn(5), torch.randn(3)], gates.noise()
    with _native.use(mode), torch.autocast("cpu", dtype=torch.bfloat16):
        found = gates(inputs, noise, 0.7)
        logits = gates.logits(inputs)
    assert found.dtype == logits.dtype == torch.float32
    assert torch.equal(found, gates(inputs, noise, 0.7))
    assert torch.equal(logits, gates.logits(inputs))


@pytest.mark.parametrize("size", [2, 3, 64])
@pytest.mark.parametrize("scale", [1.0, 1e-3, 1e3])
def test_standardised(size, scale):
    """Zero mean, unit unbiased deviation but for ε."""
    torch.manual_seed(size)
    x = scale * torch.randn(size, dtype=torch.float64) + 5 * scale
    found = standardised(x)
    assert abs(found.mean()) < 1e-12
    assert abs((found.square().sum() / (size - 1)).sqrt() - 1) < 1e-5
    torch.testing.assert_close(found, (x - x.mean()) / (x.std() + 1e-9), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
@pytest.mark.parametrize("size", [1, 2, 8])
def test_nothing_to_standardise(size, dtype):
    """A constant and a single entry become zero, in half precision too, where ε itself is zero."""
    for value in (0.0, 0.5, -4.0):
        assert not standardised(torch.full((size,), value, dtype=dtype)).any()
