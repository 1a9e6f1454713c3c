"""The diagnostics on a GPU give what they give on the CPU."""

import copy

import pytest
import torch
from shared.networks import CLASSES, NETWORKS

import famus_ext as famus
from famus_ext.diagnostics import GradientMoments, LayerActivity, gradient_dots, weight_function

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="torch finds no GPU"),
]


@pytest.mark.parametrize("meta_model", [famus.MWNet, famus.L2R])
@pytest.mark.parametrize("name", ["wide residual", "group norm"])
def test_gradient_dots(name, meta_model):
    torch.manual_seed(0)
    build, inputs = NETWORKS[name]
    network, psi = build().double(), meta_model().double()
    batches = [(inputs(n), torch.randint(0, CLASSES, (n,))) for n in (6, 4)]
    expected = gradient_dots(network, *batches, lr=0.3, meta_model=psi, layers=3)
    there = [(x.cuda(), y.cuda()) for x, y in batches]
    states = torch.cuda.get_rng_state()
    dots = gradient_dots(copy.deepcopy(network).cuda(), *there, lr=0.3, meta_model=psi.cuda(), layers=3)
    assert dots.values.is_cuda
    assert torch.allclose(dots.values.cpu(), expected.values, rtol=1e-9, atol=1e-11)
    assert torch.equal(torch.cuda.get_rng_state(), states)


def test_records():
    moments, activity = GradientMoments(), LayerActivity(famus.layers(torch.nn.Linear(2, 2)))
    for value in (1.0, 3.0):
        moments.add({"weight": torch.full((2,), value, device="cuda")})
        activity.add(torch.tensor([value - 1 > 0], device="cuda"))
    assert moments.summary() == (2, 2.0, 2.0)
    assert activity.rates(2).tolist() == [[0.5]]


def test_weight_function():
    torch.manual_seed(0)
    meta_model = famus.MWNet(8)
    expected = weight_function(meta_model).weights
    found = weight_function(meta_model.cuda()).weights
    assert found.is_cuda
    assert torch.allclose(found.cpu(), expected, rtol=1e-3)
