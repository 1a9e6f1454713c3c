"""Layers: what a gate covers, in which order."""

import pytest
import torch
from shared.networks import NETWORKS
from torch import nn

import famus_ext as famus


class OutOfOrder(nn.Module):
    """Registered backwards; the classifier first."""

    def __init__(self):
        super().__init__()
        self.head, self.norm, self.stem = nn.Linear(4, 3), nn.BatchNorm1d(4), nn.Linear(4, 4)
        self.dropout = nn.Dropout(0.5)
        self.temperature = nn.Parameter(torch.ones(()))

    def forward(self, x):
        return self.head(self.dropout(self.norm(self.stem(x)))) * self.temperature


def test_registration_and_execution():
    model = OutOfOrder()
    assert [layer.name for layer in famus.layers(model)] == ["(root)", "head", "norm", "stem"]
    before = {name: value.clone() for name, value in model.state_dict().items()}
    state = torch.get_rng_state()
    found = famus.layers(model, example=torch.randn(5, 4))
    torch.set_rng_state(state)
    torch.randn(5, 4)
    assert [layer.name for layer in found] == ["stem", "norm", "head", "(root)"]
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


def test_example_leaves_random_state():
    model, x = OutOfOrder(), torch.randn(5, 4)
    state = torch.get_rng_state()
    famus.layers(model, example=x)
    assert torch.equal(torch.get_rng_state(), state)


def test_granularity():
    model = nn.Sequential(nn.Linear(4, 4), nn.ReLU(), nn.Linear(4, 3, bias=False))
    assert [layer.parameters for layer in famus.layers(model)] == [("0.weight", "0.bias"), ("2.weight",)]
    names = [layer.name for layer in famus.layers(model, granularity="tensor")]
    assert names == ["0.weight", "0.bias", "2.weight"]


def test_frozen_and_shared():
    frozen = famus.layers(NETWORKS["frozen layers"][0]())
    assert [layer.parameters for layer in frozen] == [
        ("1.weight", "1.bias"),
        ("3.weight",),
        ("6.weight", "6.bias"),
    ]
    shared = famus.layers(NETWORKS["shared weights"][0]())
    assert [layer.parameters for layer in shared] == [
        ("first.weight", "first.bias"),
        ("again.bias",),
        ("head.weight", "head.bias"),
    ]


def test_attention_keeps_its_projection_together():
    names = {layer.name: layer.parameters for layer in famus.layers(nn.MultiheadAttention(4, 2))}
    assert set(names) == {"(root)", "out_proj"}
    assert names["(root)"] == ("in_proj_weight", "in_proj_bias")


@pytest.mark.parametrize("model", [None, 3, torch.ones(3)])
def test_no_module(model):
    with pytest.raises(TypeError, match=r"model: expected a torch\.nn\.Module"):
        famus.layers(model)
