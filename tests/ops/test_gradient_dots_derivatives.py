"""gradient_dots is differentiable any number of times, whichever way it takes."""

import pytest
import torch
from shared.gradient_dots_cases import Case, arguments, convolution, normalisation
from torch.autograd import gradcheck, gradgradcheck

from famus_ext.ops import gradient_dots
from famus_ext.ops.geometry import Embedding, Linear

CASES = {
    "linear": Case(Linear(), (3, 2, 3), 2),
    "convolution": convolution((2, 2), (2, 4, 3, 3), 2, stride=2, padding=1, groups=2),
    "embedding": Case(Embedding(1), (3, 2), 2, 4),
    "normalisation": normalisation((2, 3, 2), (3, 1), (2, 3, 1)),
}


def leaves(name):
    """layer, x, and the tensors that can be differentiated."""
    layer, *tensors = arguments(CASES[name], torch.float64)
    return layer, [t.requires_grad_() if t is not None and t.is_floating_point() else t for t in tensors]


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("way", [None, "fused", "chunked"])
def test_derivatives(mode, name, way):
    if way == "chunked" and name not in ("linear", "convolution"):
        pytest.skip("one kernel is the only way")
    if way and mode == "reference":
        pytest.skip("a way is one of the kernels'")
    layer, tensors = leaves(name)

    def dots(*given):
        return gradient_dots(layer, *given, way=way)

    assert gradcheck(dots, tensors)
    assert gradgradcheck(dots, tensors)


@pytest.mark.parametrize("name", CASES)
def test_only_what_is_wanted(mode, name):
    """One tensor at a time; without recording, nothing is recorded."""
    layer, tensors = leaves(name)
    for index, tensor in enumerate(tensors):
        if tensor is not None and tensor.is_floating_point():
            given = [t if t is None or not t.requires_grad else t.detach() for t in tensors]
            given[index] = tensor
            (found,) = torch.autograd.grad(gradient_dots(layer, *given).sum(), tensor)
            assert found.shape == tensor.shape
    with torch.no_grad():
        assert not gradient_dots(layer, *tensors).requires_grad


def test_a_derivative_of_the_derivative_reaches_the_cotangent(mode):
    layer, (x, slopes, weight, bias) = leaves("linear")
    cotangent = torch.ones(3, dtype=torch.float64, requires_grad=True)
    dots = gradient_dots(layer, x, slopes, weight, bias)
    (first,) = torch.autograd.grad(dots, weight, cotangent, create_graph=True)
    (second,) = torch.autograd.grad((first * weight).sum(), cotangent)
    torch.testing.assert_close(second, gradient_dots(layer, x, slopes, weight).detach())


def test_what_counts_for_nothing(mode):
    """Without a direction of the weight x has no derivative; without any direction nothing has."""
    layer, (x, slopes, _, bias) = leaves("linear")
    assert (
        torch.autograd.grad(gradient_dots(layer, x, slopes, None, bias).sum(), (x, bias), allow_unused=True)[0] is None
    )
    assert not gradient_dots(layer, x, slopes.detach(), None, bias.detach()).requires_grad
    assert not gradient_dots(layer, x, slopes).requires_grad
