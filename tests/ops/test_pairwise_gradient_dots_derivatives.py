"""Derivatives of the pairwise products in x and in the slopes, of the first and the second order."""

import pytest
import torch
from shared import pairwise_cases
from shared.pairwise_cases import arguments
from torch.autograd import gradcheck, gradgradcheck

from famus_ext.ops import pairwise_gradient_dots
from famus_ext.ops.geometry import Linear, Normalisation

CASES = {
    "linear": pairwise_cases.linear((2, 3), 2, 3),
    "rows": pairwise_cases.linear((2, 2), 2, 2, (3,)),
    "convolution": pairwise_cases.convolution((2, 2), 2, 2, (4, 3), 2, (2, 1), 1, groups=2),
    "embedding": pairwise_cases.Case(pairwise_cases.Embedding(1), ((2, 3), (2, 3, 2), (2, 4), (2, 4, 2)), False),
    "normalisation": pairwise_cases.Case(
        Normalisation(torch.full((2, 1, 1), 0.5), torch.full((2, 1, 1), 2.0), (2, 1)), ((2, 2, 3),) * 4
    ),
}


def function(case, tensors):
    """The products as a function of those tensors that are not indices, and these tensors."""
    places = [index for index, t in enumerate(tensors) if t.is_floating_point()]

    def of(*moving):
        given = list(tensors)
        for index, tensor in zip(places, moving, strict=True):
            given[index] = tensor
        return pairwise_gradient_dots(*given, case.layer, bias=case.bias)

    return of, [tensors[index].requires_grad_() for index in places]


@pytest.mark.parametrize("name", CASES)
def test_first_and_second_order(mode, name):
    of, moving = function(CASES[name], arguments(CASES[name], torch.float64))
    assert gradcheck(of, moving)
    assert gradgradcheck(of, moving)


def test_of_some_arguments(mode):
    case = CASES["convolution"]
    tensors = arguments(case, torch.float64)
    tensors[1].requires_grad_()
    assert gradcheck(lambda y: pairwise_gradient_dots(tensors[0], y, *tensors[2:], case.layer, bias=True), tensors[1])


def test_one_tensor_at_two_places(mode):
    """Both batches are the same: its gradient comes from both places."""
    x, y, *_ = arguments(CASES["linear"], torch.float64)
    pair = x.requires_grad_(), y.requires_grad_()
    assert gradcheck(lambda a, b: pairwise_gradient_dots(a, b, a, b, CASES["linear"].layer), pair)


def test_is_not_recorded_without_need():
    tensors = arguments(CASES["linear"], torch.float64)
    assert not pairwise_gradient_dots(*tensors, CASES["linear"].layer).requires_grad
    tensors[0].requires_grad_()
    with torch.no_grad():
        assert not pairwise_gradient_dots(*tensors, CASES["linear"].layer).requires_grad


@pytest.mark.parametrize(("examples", "weight"), [(0, True), (3, False)])
def test_what_counts_for_nothing(mode, examples, weight):
    """x of no example, or where the bias alone counts, has no derivative."""
    x = torch.ones(examples, 2, requires_grad=True)
    tensors = x, torch.ones(examples, 4), torch.ones(2, 2), torch.ones(2, 4)
    found = pairwise_gradient_dots(*tensors, Linear(), weight=weight, bias=True).sum()
    total = found + 0 * x.sum()  # has a graph whether or not the product has one
    (gradient,) = torch.autograd.grad(total, x)
    assert not gradient.any()
