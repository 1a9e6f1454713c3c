"""The gates and their gradients, against their formula in float64."""

import math

import pytest
import torch
from shared import gate_cases, op_cases, tolerances
from shared.gate_cases import draw, flat, leaves
from torch import nn
from torch.nn.utils import parameters_to_vector

from famus_ext import _native
from famus_ext.ops import gumbel_gates

TAU = gate_cases.TEMPERATURE
# Of a gradient, relative to the largest entry of its tensor: the derivative of the soft sample carries the logits'
# error, that of sums of a thousand terms.
GRADIENT = {torch.float16: 2e-5, torch.bfloat16: 2e-5, torch.float32: 2e-5, torch.float64: 1e-13}


def check(gates, noise):
    """Compare gates and gradients with an expression of their own in float64."""
    dtype, gates = gates[0][1].dtype, leaves(gates)
    r = draw(gates, noise)
    assert r.dtype == dtype
    differences, _ = gate_cases.exact([[t.detach().cpu() for t in gate] for gate in gates], noise.cpu())
    assert differences.abs().min() > 1e-4  # no decision is a matter of rounding
    assert r.tolist() == (differences > 0).double().tolist()
    cotangent = gate_cases.cotangent(len(gates)).to(dtype)
    exact = gate_cases.exact_gradients(gates, noise, cotangent.double())
    found = torch.autograd.grad(r, flat(gates), cotangent.to(r.device))
    for tensor, grad, reference in zip(flat(gates), found, exact, strict=True):
        assert grad.dtype == tensor.dtype
        assert grad.shape == tensor.shape
        if reference.numel():
            accuracy = max(GRADIENT[dtype], GRADIENT[tensor.dtype])
            atol = accuracy * reference.abs().max().item() + torch.finfo(tensor.dtype).smallest_normal
            rtol = tolerances.ROUNDING[tensor.dtype]
            torch.testing.assert_close(grad.cpu().double(), reference, rtol=rtol, atol=atol)


@pytest.mark.parametrize("dtype", op_cases.DTYPES)
@pytest.mark.parametrize("layout", gate_cases.LAYOUTS)
def test_kernel(device, dtype, layout):
    gates = gate_cases.gates(dtype, layout=layout, device=device)
    check(gates, gate_cases.noise(len(gates)).to(device))
    untouched = gate_cases.gates(dtype, layout=layout)
    assert all(torch.equal(t.cpu(), same) for t, same in zip(flat(gates), flat(untouched), strict=True))


@pytest.mark.parametrize("dtype", op_cases.DTYPES)
@pytest.mark.parametrize("layout", gate_cases.LAYOUTS)
def test_definition(dtype, layout):
    gates = gate_cases.gates(dtype, layout=layout)
    with _native.use("reference"):
        check(gates, gate_cases.noise(len(gates)))


@pytest.mark.parametrize("hidden", gate_cases.HIDDEN)
def test_widths(device, hidden):
    gates = gate_cases.gates(torch.float32, hidden=hidden, device=device)
    check(gates, gate_cases.noise(len(gates)).to(device))


def test_many_layers(device):
    """More than one launch takes."""
    gates = gate_cases.gates(torch.float32, sizes=[1 + layer % 7 for layer in range(150)], hidden=5, device=device)
    check(gates, gate_cases.noise(len(gates)).to(device))


@pytest.mark.parametrize("eta", op_cases.DTYPES)
@pytest.mark.parametrize("x", op_cases.DTYPES)
def test_inputs_of_another_dtype(mode, x, eta):
    """The engine pools gradients in float32, whatever η is."""
    gates = gate_cases.gates(eta)
    for gate in gates:
        gate[0] = gate[0].to(x)
    check(gates, gate_cases.noise(len(gates), torch.float32))


def test_eta_with_gaps(mode):
    gates = gate_cases.gates(torch.float64)
    eta, noise = gate_cases.vector(gates), gate_cases.noise(len(gates))
    apart = op_cases.sliced(eta).requires_grad_()
    (grad,) = torch.autograd.grad(gumbel_gates([x for x, *_ in gates], apart, noise, TAU).sum(), apart)
    expected = gate_cases.exact_gradients(gates, noise, torch.ones(len(gates)))
    torch.testing.assert_close(
        grad, gate_cases.vector(list(zip(*[iter(expected)] * 6, strict=True))), rtol=1e-11, atol=1e-13
    )


def test_eta_that_depends_on_x(mode):
    """Each has its own gradient, whatever graph is between them."""
    x = torch.tensor([0.3, -0.4], dtype=torch.float64, requires_grad=True)
    noise = gate_cases.noise(1)

    def function(x):
        return gumbel_gates([x], torch.outer(torch.ones(2, dtype=x.dtype), x).flatten().repeat(5)[:18], noise, TAU)

    assert torch.autograd.gradgradcheck(function, [x])


def test_no_hidden_unit(mode):
    """c and the noise alone decide."""
    gates = gate_cases.gates(torch.float64, sizes=[3, 0], hidden=0)
    noise = gate_cases.noise(2)
    found = draw(leaves(gates), noise)
    expected = [float((gate[5] + n).diff().item() > 0) for gate, n in zip(gates, noise, strict=True)]
    assert found.tolist() == expected


def test_no_layers(mode):
    assert torch.equal(gumbel_gates([], torch.zeros(0), torch.zeros(0, 2), TAU), torch.zeros(0))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_saturated(mode, dtype):
    """Far from a tie the gradient is small and not lost."""
    gates = leaves(gate_cases.gates(dtype, sizes=[5, 5], hidden=4))
    r = draw(gates, torch.tensor([[0.0, 20.0], [20.0, 0.0]], dtype=dtype), 0.5)
    assert r.tolist() == [1, 0]
    grads = torch.autograd.grad(r, [gate[5] for gate in gates], torch.ones_like(r))
    for (_, grad), gate, sign in zip(grads, gates, (1, -1), strict=True):
        d, _ = gate_cases.exact([gate], torch.tensor([[0.0, 20.0 * sign]]))
        # The definition has 1 - s from an s near 1, off by the rounding of s.
        atol = 0 if mode == "native" else torch.finfo(dtype).eps
        torch.testing.assert_close(grad.double(), (-sign * d / 0.5).exp()[0] / 0.5, rtol=1e-3, atol=atol)


def test_nan_is_passed_on(mode):
    gates = gate_cases.gates(torch.float32, sizes=[5] * 3, hidden=4)
    gates[1][5][0] = math.nan
    gates = leaves(gates)
    r = draw(gates, torch.zeros(3, 2))
    assert r.isnan().tolist() == [False, True, False]
    grads = torch.autograd.grad(r, flat(gates), torch.ones(3))
    assert [grad.isnan().any().item() for grad in grads] == [False] * 6 + [True] * 6 + [False] * 6


def test_infinite_logits_decide(mode):
    gates = gate_cases.gates(torch.float32, sizes=[5] * 3, hidden=4)
    for gate, bad in zip(gates, ([0, math.inf], [-math.inf, 0], [math.inf, math.inf]), strict=True):
        gate[5].copy_(torch.tensor(bad))
    gates = leaves(gates)
    r = draw(gates, torch.zeros(3, 2))
    assert r[:2].tolist() == [1, 1]
    assert r[2].isnan()
    grads = torch.autograd.grad(r[:2].sum(), flat(gates[:2]))
    assert not any(grad.any() for grad in grads)


def test_autocast_changes_nothing(mode):
    gates = leaves(gate_cases.gates(torch.float32))
    noise, cotangent = gate_cases.noise(len(gates)), gate_cases.cotangent(len(gates)).float()
    expected = torch.autograd.grad(draw(gates, noise), flat(gates), cotangent)
    for create_graph in (False, True):
        with torch.autocast("cpu", dtype=torch.bfloat16):
            r = draw(gates, noise)
        found = torch.autograd.grad(r, flat(gates), cotangent, create_graph=create_graph)
        assert r.dtype == torch.float32
        for grad, reference in zip(found, expected, strict=True):
            torch.testing.assert_close(grad, reference, rtol=1e-5, atol=1e-6)


def test_is_the_gumbel_softmax(mode):
    """PyTorch's modules and function, given the same numbers to draw from."""
    torch.manual_seed(0)
    modules = [nn.Sequential(nn.Linear(d, 16), nn.PReLU(), nn.Linear(16, 2)).double() for d in (3, 8, 1)]
    inputs = [torch.randn(d, dtype=torch.float64) for d in (3, 8, 1)]
    for seed in range(20):
        torch.manual_seed(seed)
        logits = torch.stack([module(x) for module, x in zip(modules, inputs, strict=True)])
        expected = nn.functional.gumbel_softmax(logits, tau=TAU, hard=True)[:, 1]
        torch.manual_seed(seed)
        noise = -torch.empty(3, 2, dtype=torch.float64).exponential_().log()
        eta = parameters_to_vector([p for module in modules for p in module.parameters()])
        found = gumbel_gates(inputs, eta, noise, TAU)
        assert torch.equal(found, expected)


def drawn_and_differentiated(gates, noise):
    r = draw(gates, noise)
    return [r.detach(), *torch.autograd.grad(r, flat(gates), torch.ones_like(r))]


@pytest.mark.parametrize("count", [1, 2, 3])
def test_same_bits_for_any_number_of_threads(threads, count):
    gates = leaves(gate_cases.gates(torch.float32, sizes=[100, 2000, 3, 517], hidden=128))
    noise = gate_cases.noise(len(gates))
    with _native.use("native"):
        threads(1)
        first = drawn_and_differentiated(gates, noise)
        threads(count)
        assert all(all(map(torch.equal, first, drawn_and_differentiated(gates, noise))) for _ in range(5))
