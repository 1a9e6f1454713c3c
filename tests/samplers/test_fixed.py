"""AllLayers and LastLayers, and what every sampler asks of `layers`."""

import pytest
import torch
from shared.networks import NETWORKS
from torch import nn

import famus_ext as famus

FOUND = tuple(famus.Layer(name, (f"{name}.weight",)) for name in "abcde")

CASES = {
    "all": (famus.AllLayers(), [1.0, 1.0, 1.0, 1.0, 1.0]),
    "last one": (famus.LastLayers(1), [0.0, 0.0, 0.0, 0.0, 1.0]),
    "last two": (famus.LastLayers(2), [0.0, 0.0, 0.0, 1.0, 1.0]),
    "more than there are": (famus.LastLayers(9), [1.0, 1.0, 1.0, 1.0, 1.0]),
}


@pytest.mark.parametrize(("sampler", "gates"), CASES.values(), ids=CASES)
def test_gates(sampler, gates):
    assert sampler(FOUND, []).tolist() == gates
    assert [i for i, gate in enumerate(gates) if gate] == list(sampler.candidates(FOUND))


def test_layers_are_the_models_unless_given():
    model = NETWORKS["wide residual"][0]()
    found = famus.layers(model)
    assert famus.AllLayers().layers_of(model) == found
    assert famus.LastLayers(1, found[::2]).layers_of(model) == found[::2]
    assert famus.LastLayers(1, list(found)).layers_of(model) == found


def test_a_sampler_knows_its_model():
    sampler = famus.LastLayers(1, famus.layers(nn.Linear(2, 2)))
    with pytest.raises(ValueError, match="sampler: built for a model with a trainable parameter 'bias'"):
        sampler.layers_of(nn.Linear(2, 2, bias=False))
    with pytest.raises(TypeError, match=r"model: expected a torch.nn.Module, got str"):
        sampler.layers_of("model")


REFUSED = {
    "no layer": ((), ValueError, "layers: expected at least one layer, got none"),
    "names": (["a"], TypeError, r"layers\[0\]: expected a famus_ext.Layer, got str"),
    "a tensor": (torch.ones(2), TypeError, "layers: expected a list or tuple, got Tensor"),
    "one layer twice": (
        FOUND[:1] * 2,
        ValueError,
        "layers: expected every parameter in one layer only, got 'a.weight'",
    ),
}


@pytest.mark.parametrize(("layers", "error", "message"), REFUSED.values(), ids=REFUSED)
def test_bad_layers_are_refused(layers, error, message):
    with pytest.raises(error, match=message):
        famus.LastLayers(1, layers)


@pytest.mark.parametrize(("k", "error"), [(0, ValueError), (-1, ValueError), (1.0, TypeError), (True, TypeError)])
def test_bad_k_is_refused(k, error):
    with pytest.raises(error, match="k: expected"):
        famus.LastLayers(k)
