import itertools
import math

import gate_cases
import op_cases
import pytest
import tolerances
import torch
from torch import nn
from torch.nn.utils import parameters_to_vector

from famus_ext import _native
from famus_ext.ops import gumbel_gates

TAU = gate_cases.TEMPERATURE
# Of a gradient, relative to the largest entry of its tensor: the derivative of the soft sample carries the logits'
# error, that of sums of a thousand terms.
GRADIENT = {torch.float16: 2e-5, torch.bfloat16: 2e-5, torch.float32: 2e-5, torch.float64: 1e-13}


def draw(gates, noise, temperature=TAU):
    """The op on layers of x, W, b, a, V, c."""
    return gumbel_gates([x for x, *_ in gates], gate_cases.vector(gates), noise, temperature)


def leaves(gates):
    return [[t.detach().requires_grad_() for t in gate] for gate in gates]


def flat(gates):
    return list(itertools.chain.from_iterable(gates))


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


@pytest.mark.gpu
def test_same_bits_on_a_gpu(device):
    gates = leaves(gate_cases.gates(torch.float32, sizes=[100, 2000, 3, 517], hidden=128, device=device))
    noise = gate_cases.noise(len(gates)).to(device)
    first = drawn_and_differentiated(gates, noise)
    assert all(all(map(torch.equal, first, drawn_and_differentiated(gates, noise))) for _ in range(20))


@pytest.mark.gpu
def test_graph_capture(device):
    if device.type == "cpu":
        pytest.skip("takes a GPU")
    gates = gate_cases.gates(torch.float32, device=device)
    noise = gate_cases.noise(len(gates), torch.float32).to(device)
    graph, static = torch.cuda.CUDAGraph(), torch.zeros_like(noise)
    with torch.cuda.graph(graph):
        captured = draw(gates, static)
    static.copy_(noise)
    graph.replay()
    assert torch.equal(captured, draw(gates, noise))


# One layer, D = 3, H = 4.
X, ETA, NOISE = torch.zeros(3), torch.zeros(27), torch.zeros(1, 2)

WRONG = [
    (TypeError, r"inputs: expected a list or tuple, got Tensor", X, ETA, NOISE, TAU),
    (TypeError, r"inputs\[0\]: expected a tensor, got NoneType", [None], ETA, NOISE, TAU),
    (TypeError, r"inputs\[0\]: expected float16.*int64", [X.long()], ETA, NOISE, TAU),
    (ValueError, r"inputs\[0\]: expected shape \(3,\), got \(1, 3\)", [X[None]], ETA, NOISE, TAU),
    (TypeError, r"eta: expected a tensor, got list", [X], [ETA], NOISE, TAU),
    (TypeError, r"eta: expected a strided", [X], ETA.to_sparse(), NOISE, TAU),
    (ValueError, r"eta: .* meta device", [X], ETA.to("meta"), NOISE, TAU),
    (ValueError, r"eta: expected shape \(27,\), got \(3, 9\)", [X], ETA.view(3, 9), NOISE, TAU),
    (
        ValueError,
        r"eta: expected H · 6 \+ 3 entries, W, b, a, V and c of 1 layers, got 28",
        [X],
        ETA.new_zeros(28),
        NOISE,
        TAU,
    ),
    (ValueError, r"eta: expected H · 12 \+ 6 entries, .* got 27", [X, X], ETA, NOISE, TAU),
    (ValueError, r"eta: expected H · 6 \+ 3 entries, .* got 2", [X], ETA[:2], NOISE, TAU),
    (ValueError, r"eta: expected H · 0 \+ 0 entries, .* got 27", [], ETA, NOISE[:0], TAU),
    (TypeError, r"noise: expected a tensor, got NoneType", [X], ETA, None, TAU),
    (ValueError, r"noise: expected shape \(1, 2\), got \(2,\)", [X], ETA, NOISE[0], TAU),
    (TypeError, r"temperature: expected a number, got str", [X], ETA, NOISE, "1"),
    (ValueError, r"temperature: expected a positive number, got 0", [X], ETA, NOISE, 0),
    (ValueError, r"temperature: expected a finite number, got inf", [X], ETA, NOISE, math.inf),
]


@pytest.mark.parametrize(("error", "message", "inputs", "eta", "noise", "temperature"), WRONG)
def test_refusals(error, message, inputs, eta, noise, temperature):
    with pytest.raises(error, match=message):
        gumbel_gates(inputs, eta, noise, temperature)


@pytest.mark.gpu
def test_refuses_two_devices(device):
    if device.type == "cpu":
        pytest.skip("takes a GPU")
    with pytest.raises(ValueError, match=r"inputs\[0\]: expected a tensor on cuda:0, as eta is"):
        gumbel_gates([X], ETA.to(device), NOISE.to(device), TAU)
    with pytest.raises(ValueError, match=r"noise: expected a tensor on cuda:0"):
        gumbel_gates([X.to(device)], ETA.to(device), NOISE, TAU)
