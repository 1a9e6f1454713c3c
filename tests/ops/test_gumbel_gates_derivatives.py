"""The gates' gradient and its derivatives."""

import pytest
import torch
from shared import gate_cases, op_cases
from shared.gate_cases import draw, flat, leaves

from famus_ext import _native


@pytest.mark.parametrize("temperature", [0.2, 3.0])
def test_gradient_is_the_soft_samples_by_finite_differences(mode, temperature):
    gates = leaves(gate_cases.gates(torch.float64, sizes=[3, 1], hidden=4))
    noise, cotangent = gate_cases.noise(2), gate_cases.cotangent(2)
    grads = torch.autograd.grad(draw(gates, noise, temperature), flat(gates), cotangent)
    directions = op_cases.tensors(torch.float64, seed=9, shapes=[t.shape for t in flat(gates)])

    def soft(step):
        moved = iter([t.detach() + step * v for t, v in zip(flat(gates), directions, strict=True)])
        return gate_cases.exact([[next(moved) for _ in gate] for gate in gates], noise, temperature)[1] @ cotangent

    slope = (soft(1e-5) - soft(-1e-5)) / 2e-5
    found = sum((grad * v).sum() for grad, v in zip(grads, directions, strict=True))
    torch.testing.assert_close(found, slope, rtol=1e-7, atol=0)


def function_of(*tensors):
    return draw([tensors[i : i + 6] for i in range(0, len(tensors), 6)], gate_cases.noise(len(tensors) // 6))


def test_gradgradcheck(mode):
    inputs = flat(leaves(gate_cases.gates(torch.float64, sizes=[3, 1], hidden=2)))
    assert torch.autograd.gradgradcheck(function_of, inputs)


def test_third_derivative_is_the_definitions():
    def third(mode):
        tensors = flat(leaves(gate_cases.gates(torch.float64, sizes=[3, 2], hidden=4)))
        with _native.use(mode):
            value = function_of(*tensors) @ torch.tensor([0.3, -1.1], dtype=torch.float64)
        for _ in range(3):
            grads = torch.autograd.grad(value, tensors, create_graph=True)
            value = sum((x * x).sum() for x in grads)
        return grads

    for native, reference in zip(third("native"), third("reference"), strict=True):
        torch.testing.assert_close(native, reference, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("create_graph", [False, True])
def test_one_tensor_in_several_places(mode, create_graph):
    """Two layers share η, and the gradient is the sum of theirs."""
    (gate,) = leaves(gate_cases.gates(torch.float64, sizes=[3], hidden=4))
    apart = leaves([gate, gate])
    noise, cotangent = gate_cases.noise(2), gate_cases.cotangent(2)
    found = torch.autograd.grad(draw([gate, gate], noise), gate, cotangent, create_graph=create_graph)
    expected = torch.autograd.grad(draw(apart, noise), flat(apart), cotangent)
    for grad, first, second in zip(found, expected[:6], expected[6:], strict=True):
        torch.testing.assert_close(grad, first + second, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("create_graph", [False, True])
def test_gradients_of_some(mode, create_graph):
    """What needs no gradient gets none, and changes those of the others not."""
    gates = leaves(gate_cases.gates(torch.float64))
    noise, cotangent = gate_cases.noise(len(gates)), gate_cases.cotangent(len(gates))
    every = torch.autograd.grad(draw(gates, noise), flat(gates), cotangent)
    for t, tensor in enumerate(flat(gates)):
        tensor.requires_grad_(t % 5 == 0)
    some = [t for t in flat(gates) if t.requires_grad]
    found = torch.autograd.grad(draw(gates, noise), some, cotangent, create_graph=create_graph)
    for grad, expected in zip(found, every[::5], strict=True):
        torch.testing.assert_close(grad, expected, rtol=1e-12, atol=1e-15)


def test_nothing_is_recorded_without_need(mode):
    gates, noise = gate_cases.gates(torch.float32), gate_cases.noise(len(gate_cases.SIZES))
    assert not draw(gates, noise.requires_grad_()).requires_grad
    with torch.no_grad():
        assert not draw(leaves(gates), noise).requires_grad
