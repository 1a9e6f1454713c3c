"""What is said of a network: its layers in the order of execution, candidates, frozen ones, and each one's part."""

import pytest
import torch
from torch import nn

import famus_ext as famus
from famus_ext.inspection.network import NetworkLayer, network_of
from famus_ext.inspection.predicted import Work


class Swapped(nn.Module):
    """Three layers, registered in another order than they run in; the first is frozen."""

    def __init__(self):
        super().__init__()
        self.last = nn.Linear(6, 2)
        self.middle = nn.Linear(6, 6)
        self.first = nn.Linear(3, 6).requires_grad_(False)

    def forward(self, x):
        return self.last(self.middle(self.first(x)))


@pytest.fixture
def model():
    return Swapped()


def described(model, sampler):
    x = torch.ones(2, 3)
    return network_of("swapped", model, sampler, x, Work.of(model, x[:1]).shares)


def test_layers_come_in_the_order_of_execution_with_the_candidates_marked(model):
    found = described(model, famus.LastLayers(1))
    assert (found.trained, found.frozen, found.frozen_layers) == (56, 24, ("first",))
    # LastLayers counts by registration.
    assert found.layers == (
        NetworkLayer("middle", 42, True, pytest.approx(36 / 66)),
        NetworkLayer("last", 14, False, pytest.approx(12 / 66)),
    )


def test_plain_training_has_no_candidates(model):
    assert [layer.is_candidate for layer in described(model, None).layers] == [False, False]


def test_single_tensors_are_layers_too(model):
    found = described(model, famus.AllLayers(famus.layers(model, granularity="tensor")))
    assert [layer.name for layer in found.layers] == ["middle.weight", "middle.bias", "last.weight", "last.bias"]
