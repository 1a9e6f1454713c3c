"""The learned curve V(L)."""

import pytest
import torch
from torch import nn

import famus_ext as famus
from famus_ext.diagnostics import weight_function
from famus_ext.meta_models import ExampleWeighting


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32], ids=str)
def test_one_curve(dtype):
    torch.manual_seed(0)
    meta_model = famus.MWNet(8).to(dtype)
    losses, weights = weight_function(meta_model, maximum=4.0, points=9)
    assert losses.dtype == weights.dtype == dtype
    assert losses.tolist() == [0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0]
    expected = torch.stack([meta_model.net(loss.view(1, 1))[0, 0] for loss in losses])
    assert torch.allclose(weights, expected[None], rtol=1e-6)
    assert not weights.requires_grad


def test_a_curve_for_each_group():
    torch.manual_seed(0)
    meta_model = famus.MWNet(8, class_groups=[0, 2, 1, 1])
    losses, weights = weight_function(meta_model, points=5)
    assert weights.shape == (3, 5)
    for group in range(3):
        assert torch.equal(weights[group], meta_model.weigh(losses, group).detach())
    assert not torch.allclose(weights[0], weights[1])


class Decay(nn.Module):
    """V = exp(-L / 2), which has no parameter."""

    def forward(self, losses):
        return (-losses / 2).exp()


def test_a_weighting_of_ones_own():
    losses, weights = weight_function(ExampleWeighting(Decay()), maximum=3.0, points=4)
    assert torch.allclose(weights, (-losses / 2).exp()[None])


def test_the_meta_model_is_left_as_it_is():
    """Dropout is off in the curve, and neither the modes nor the random state change."""
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(1, 8), nn.Dropout(0.5), nn.BatchNorm1d(8), nn.Linear(8, 1), nn.Sigmoid())
    net[1].eval()
    meta_model = ExampleWeighting(net)
    modes, state = [module.training for module in meta_model.modules()], torch.get_rng_state()
    first, second = weight_function(meta_model), weight_function(meta_model)
    assert torch.equal(first.weights, second.weights)
    assert [module.training for module in meta_model.modules()] == modes
    assert torch.equal(torch.get_rng_state(), state)
    assert net[2].num_batches_tracked == 0


BAD = {
    "no weight function": ({"meta_model": famus.L2R()}, TypeError, "meta_model: expected an ExampleWeighting .* L2R"),
    "several losses": (
        {"meta_model": famus.MWNet(8, inputs=[famus.cross_entropy])},
        ValueError,
        "meta_model: expected one that reads a single loss, got 2 losses",
    ),
    "no maximum": ({"maximum": 0}, ValueError, "maximum: expected a number > 0, got 0"),
    "infinite maximum": ({"maximum": float("inf")}, ValueError, "maximum: expected a finite number"),
    "one point": ({"points": 1}, ValueError, "points: expected at least 2, got 1"),
    "half a point": ({"points": 2.5}, TypeError, "points: expected an integer, got float"),
}


@pytest.mark.parametrize("name", BAD)
def test_refused(name):
    changed, error, message = BAD[name]
    with pytest.raises(error, match=message):
        weight_function(**{"meta_model": famus.MWNet(8)} | changed)
