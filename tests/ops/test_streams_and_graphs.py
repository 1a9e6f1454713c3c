"""Every op, forward and backward, on a stream that is not the default, in a CUDA graph, and again and again."""

import pytest
import torch
from shared import gate_cases, gradient_dots_cases, norm_cases, op_cases, pairwise_cases

from famus_ext import _native, ops

SHAPES = [(64, 3, 3, 3), (64,), (10, 5000)]


def pairs(seed, device):
    """Two families of tensors."""
    return [
        t for s in (0, 1) for t in op_cases.tensors(torch.float32, seed=10 * seed + s, shapes=SHAPES, device=device)
    ]


def virtual_step(tensors):
    w_hat, g_bar = ops.virtual_step(tensors[: len(SHAPES)], tensors[len(SHAPES) :], 0.5)
    return [*w_hat, *g_bar]


def layer_dots(tensors):
    return [ops.layer_dots(*([[t] for t in family] for family in (tensors[: len(SHAPES)], tensors[len(SHAPES) :])))]


def gates(seed, device):
    """x of each layer, η, and the noise."""
    layers = gate_cases.gates(torch.float32, seed=seed, device=device)
    noise = gate_cases.noise(len(layers), torch.float32, seed).to(device)
    return [*(x for x, *_ in layers), gate_cases.vector(layers), noise]


def gumbel_gates(tensors):
    """And the gradient."""
    *inputs, eta = (t.detach().requires_grad_() for t in tensors[:-1])
    r = ops.gumbel_gates(inputs, eta, tensors[-1], gate_cases.TEMPERATURE)
    return [r.detach(), *torch.autograd.grad(r, [*inputs, eta], torch.ones_like(r))]


NORM = ("x", "mean", "inverse_std", *norm_cases.VECTORS, *norm_cases.TENSORS)


def norms(seed, device):
    given = norm_cases.arguments((8, 16, 8, 8), torch.float32, seed=seed, device=device)
    return [given[name] for name in NORM]


def norm_pushforward(tensors):
    return [ops.norm_pushforward(**dict(zip(NORM, tensors, strict=True)), batch_statistics=True)]


CONVOLUTION = gradient_dots_cases.convolution((3, 3), (4, 8, 16, 16), 70, padding=1)


def convolution(seed, device):
    """Input, slopes, and a direction of weight and bias."""
    return list(gradient_dots_cases.arguments(CONVOLUTION, torch.float32, seed=seed, device=device)[1:])


def gradient_dots(tensors):
    """By its kernel; and of the slopes and the bias, whose kernel is that of normalisation."""
    layer, (x, slopes, weight, bias) = CONVOLUTION.layer, tensors
    dots = ops.gradient_dots(layer, x, slopes, weight, bias, way="fused")
    return [dots, ops.gradient_dots(layer, x, slopes, None, bias)]


BOTH_WAYS = (pairwise_cases.CONVOLUTION["3 x 3"], pairwise_cases.LINEAR["classifier"])


def layers(seed, device):
    """A convolution, by gradients, and a linear layer, by Gram matrices."""
    return [t for case in BOTH_WAYS for t in pairwise_cases.arguments(case, torch.float32, seed=seed, device=device)]


def pairwise_gradient_dots(tensors):
    batches = tensors[:4], tensors[4:]
    return [
        ops.pairwise_gradient_dots(*four, case.layer, bias=True) for four, case in zip(batches, BOTH_WAYS, strict=True)
    ]


# Inputs of a seed on a device, and the op as a function of them.
CALLS = {
    "virtual_step": (pairs, virtual_step),
    "layer_dots": (pairs, layer_dots),
    "gumbel_gates": (gates, gumbel_gates),
    "gradient_dots": (convolution, gradient_dots),
    "norm_pushforward": (norms, norm_pushforward),
    "pairwise_gradient_dots": (layers, pairwise_gradient_dots),
}


def equal(found, expected):
    return all(map(torch.equal, found, expected)) and len(found) == len(expected)


def test_every_op_is_called():
    assert CALLS.keys() == set(_native.OPS)


@pytest.mark.parametrize("op", CALLS)
def test_same_bits_again(device, op):
    """And other bits from other inputs."""
    inputs, call = CALLS[op]
    first = call(inputs(0, device))
    assert all(equal(call(inputs(0, device)), first) for _ in range(10))
    assert not equal(call(inputs(1, device)), first)


@pytest.fixture
def gpu(device):
    if device.type == "cpu":
        pytest.skip("takes a GPU")
    return device


@pytest.mark.gpu
@pytest.mark.parametrize("op", CALLS)
def test_runs_on_the_current_stream(gpu, op):
    """A kernel on any other stream would not wait, and read the numbers that were there before."""
    inputs, call = CALLS[op]
    tensors, right = inputs(0, gpu), inputs(1, gpu)
    expected = call(right)
    torch.cuda.synchronize()
    stream = torch.cuda.Stream()
    with torch.cuda.stream(stream):
        torch.cuda._sleep(10**8)
        for tensor, values in zip(tensors, right, strict=True):
            tensor.copy_(values)
        found = call(tensors)
    stream.synchronize()
    assert equal(found, expected)


@pytest.mark.gpu
@pytest.mark.parametrize("op", CALLS)
def test_graph_capture(gpu, op):
    """A replay computes from what its inputs hold by then."""
    inputs, call = CALLS[op]
    static = inputs(0, gpu)
    aside = torch.cuda.Stream()
    aside.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(aside):
        call(static)  # autograd's own preparations cannot be captured
    torch.cuda.current_stream().wait_stream(aside)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        captured = call(static)
    for seed in (1, 2):
        fresh = inputs(seed, gpu)
        for tensor, values in zip(static, fresh, strict=True):
            tensor.copy_(values)
        graph.replay()
        assert equal(captured, call(fresh))
