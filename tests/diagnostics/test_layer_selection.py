"""Some of a network's layers."""

import pytest
from torch import nn

import famus_ext as famus
from famus_ext.diagnostics.layer_selection import select_layers


@pytest.fixture
def network():
    net = nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 4), nn.Linear(4, 4))
    net[0].bias.requires_grad_(False)
    return net


@pytest.mark.parametrize(
    ("selection", "names"),
    [(1, ["2"]), (2, ["1", "2"]), (9, ["0", "1", "2"]), (["2", "0"], ["2", "0"]), (("1",), ["1"])],
    ids=str,
)
def test_by_number_and_name(network, selection, names):
    chosen = select_layers(network, selection)
    assert [layer.name for layer in chosen] == names
    assert set(chosen) <= set(famus.layers(network))


def test_by_layer(network):
    tensors = famus.layers(network, granularity="tensor")
    assert select_layers(network, tensors) == tensors
    assert select_layers(network, ["0", tensors[-1]]) == (famus.layers(network)[0], tensors[-1])


BAD = {
    "zero": (0, ValueError, "layers: expected at least 1, got 0"),
    "a flag": (True, TypeError, "layers: expected an integer, got bool"),
    "a string": ("2", TypeError, "layers: expected an integer or a list of layers, got the string '2'"),
    "a set": ({"2"}, TypeError, "layers: expected a list or tuple, got set"),
    "none": ([], ValueError, "layers: expected at least one layer, got none"),
    "a number": ([2], TypeError, r"layers\[0\]: expected a layer or its name, got int"),
    "unknown": (["2", "3"], ValueError, r"layers\[1\]: expected one of 0, 1, 2, got '3'"),
    "of another model": ([famus.Layer("a", ("a.w",))], ValueError, "trainable parameters of the model, got 'a.w'"),
    "frozen": ([famus.Layer("0", ("0.bias",))], ValueError, "trainable parameters of the model, got '0.bias'"),
    "twice": (["1", "1"], ValueError, "every parameter at most once, got '1.weight' twice"),
    "twice in part": (["1", famus.Layer("b", ("1.bias",))], ValueError, "at most once, got '1.bias' twice"),
}


@pytest.mark.parametrize("name", BAD)
def test_refused(network, name):
    selection, error, message = BAD[name]
    with pytest.raises(error, match=message):
        select_layers(network, selection)
