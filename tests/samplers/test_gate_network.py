"""Γ by itself: its layers, its input and what it draws."""

import pytest
import torch
from torch import nn
from torch.nn.functional import gumbel_softmax, linear, prelu

from famus_ext import _native
from famus_ext.samplers.gate_network import GateNetworks, standardised

FC, PRELU = nn.Linear, nn.PReLU


@pytest.mark.parametrize(
    ("depth", "kinds", "widths"),
    [
        (1, [FC], [(2, 5)]),
        (2, [FC, PRELU, FC], [(7, 5), (2, 7)]),
        (3, [FC, PRELU, FC, PRELU, FC], [(7, 5), (7, 7), (2, 7)]),
    ],
)
def test_structure(depth, kinds, widths):
    (gate,) = GateNetworks([5], hidden=7, depth=depth)
    assert [type(module) for module in gate] == kinds
    assert [tuple(module.weight.shape) for module in gate if isinstance(module, FC)] == widths


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_logits(dtype):
    """Each layer's network on its own input, in the dtype of η."""
    torch.manual_seed(0)
    gates = GateNetworks([5, 1, 3], hidden=7, depth=2).double()
    inputs = [torch.randn(size, dtype=dtype) for size in (5, 1, 3)]
    expected = [
        linear(prelu(linear(x.double(), fc.weight, fc.bias), act.weight), out.weight, out.bias)
        for x, (fc, act, out) in zip(inputs, gates, strict=True)
    ]
    torch.testing.assert_close(gates.logits(inputs), torch.stack(expected), rtol=1e-12, atol=1e-12)


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
