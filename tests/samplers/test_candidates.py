"""Which of a GumbelSampler's layers have a gate, and which are always on."""

import pytest
import torch
from shared.networks import NETWORKS

import famus_ext as famus

# 0, 1.bn1, 1.conv1, 1.bn2, 1.conv2, 1.shortcut, 2.bn1, 2.conv1, 2.bn2, 2.conv2, 2.shortcut, 3, 7
MODEL = NETWORKS["wide residual"][0]()
EVERY = list(range(13))


def is_convolution(layer):
    return "conv" in layer.name


# what is asked for -> (arguments, layers with a Γ, layers always on)
CASES = {
    "all": ({}, EVERY, []),
    "the last": ({"candidates": 1}, [12], []),
    "the last five": ({"candidates": 5}, [8, 9, 10, 11, 12], []),
    "more than there are": ({"candidates": 99}, EVERY, []),
    "names": ({"candidates": ["7", "1.conv1"]}, [2, 12], []),
    "a name above layers": ({"candidates": ("1", "1.conv1")}, [1, 2, 3, 4, 5], []),
    "a predicate": ({"candidates": is_convolution}, [2, 4, 7, 9], []),
    "the last always on": ({"always_on": 1}, EVERY[:-1], [12]),
    "names always on": ({"always_on": ["1"]}, [0, 6, 7, 8, 9, 10, 11, 12], [1, 2, 3, 4, 5]),
    "a predicate always on": ({"candidates": ["1"], "always_on": is_convolution}, [1, 3, 5], [2, 4, 7, 9]),
    "both": ({"candidates": 3, "always_on": ["7", "0"]}, [10, 11], [0, 12]),
    "none always on": ({"always_on": ()}, EVERY, []),
}


@pytest.fixture(params=CASES.values(), ids=CASES)
def case(request):
    arguments, gated, on = request.param
    torch.manual_seed(0)
    return famus.GumbelSampler(MODEL, len(on) + 0.5, **arguments), gated, on


def pooled(sampler):
    return [torch.randn(size) for size in sampler.sizes]


def test_layers(case):
    sampler, gated, on = case
    assert [eta[0].shape[1] for eta in sampler.gates.by_layer()] == [sampler.sizes[i] for i in gated]
    assert list(sampler.candidates(sampler.layers)) == sorted(gated + on)
    assert sampler.layers_of(MODEL) == famus.layers(MODEL)


def test_gates(case):
    """Drawn where there is a Γ, otherwise 1 where always on and 0 elsewhere."""
    sampler, gated, on = case
    inputs = pooled(sampler)
    draws = torch.stack([sampler(sampler.layers, inputs) for _ in range(60)]).detach()
    assert [i for i in EVERY if 0 < draws[:, i].mean() < 1] == gated
    assert [i for i in EVERY if draws[:, i].all()] == on
    decided = sampler.eval()(sampler.layers, inputs)
    logits = sampler.gates.logits([inputs[i] for i in gated])
    assert decided[gated].tolist() == [float(off < on) for off, on in logits]
    assert decided.nonzero().flatten().tolist() == sorted([*on, *(i for i in gated if decided[i])])


def test_gradients_reach_every_gate(case):
    sampler, gated, _ = case
    gates = sampler(sampler.layers, pooled(sampler))
    gates[gated].sum().backward()
    assert all(p.grad is not None for p in sampler.parameters())


def test_expected_layers_counts_the_always_on(case):
    sampler, _, on = case
    assert sampler.expected_layers == len(on) + 0.5
    assert sampler.expected_gated == 0.5


def test_double_precision(case):
    sampler, _, _ = case
    assert sampler.double()(sampler.layers, pooled(sampler)).dtype == torch.float64


def test_layers_given():
    """Candidates are among the layers given, in their order."""
    found = famus.layers(MODEL)[::-2]
    sampler = famus.GumbelSampler(MODEL, 1, layers=found, candidates=2)
    assert [found[i].name for i in sampler.candidates(found)] == ["1.conv1", "0"]


REFUSED = {
    "a lone name": ({"candidates": "1"}, TypeError, "candidates: expected an integer, a list of names or a pred.*str"),
    "none of them": (
        {"candidates": ["1", "conv1"]},
        ValueError,
        "candidates: expected names.* of 0, 1.bn1.*got 'conv1'",
    ),
    "not names": ({"candidates": [1]}, TypeError, "candidates: expected names of layers, got int"),
    "zero": ({"candidates": 0}, ValueError, "candidates: expected at least 1, got 0"),
    "a flag": ({"candidates": True}, TypeError, "candidates: expected an integer, got bool"),
    "a number": ({"candidates": 2.0}, TypeError, "candidates: expected an integer, a list of names.*got float"),
    "no candidate": ({"candidates": []}, ValueError, "candidates: expected at least one layer that is not always on"),
    "all always on": ({"always_on": 13}, ValueError, "candidates: expected at least one layer that is not always on"),
    "always on, a name": ({"always_on": "7"}, TypeError, "always_on: expected an integer, a list of names"),
    "always on, unknown": ({"always_on": ["8"]}, ValueError, "always_on: expected names.*got '8'"),
    "K out of reach": (
        {"candidates": 3, "always_on": ["0"], "expected_layers": 1},
        ValueError,
        r"expected_layers: expected a number in \(1, 4\], with 3 layers to choose from and 1 always on, got 1",
    ),
}


@pytest.mark.parametrize(("arguments", "error", "message"), REFUSED.values(), ids=REFUSED)
def test_bad_selections_are_refused(arguments, error, message):
    with pytest.raises(error, match=message):
        famus.GumbelSampler(MODEL, **arguments)
