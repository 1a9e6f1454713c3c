"""Samplers by themselves."""

import pytest
import torch
from networks import NETWORKS
from torch import nn

import famus_ext as famus


@pytest.fixture
def model():
    torch.manual_seed(0)
    return NETWORKS["wide residual"][0]()


def pooled(sampler):
    return [torch.randn(size) for size in sampler.sizes]


def test_gumbel_is_the_papers(model):
    """FC [D_l, 128], PReLU, FC [128, 2] for every layer, on ḡ_l of its own length."""
    sampler = famus.GumbelSampler(model)
    assert sampler.sizes[0] == 16  # a convolution's 8 rows and its bias
    for gate, size in zip(sampler.gates, sampler.sizes, strict=True):
        assert [type(m) for m in gate] == [nn.Linear, nn.PReLU, nn.Linear]
        assert gate[0].weight.shape == (128, size)
        assert gate[2].weight.shape == (2, 128)


def test_gumbel_samples_the_softmax(model):
    """The rate of r_l = 1 is the softmax of Γ's logits at τ = 1, whatever the temperature is not."""
    sampler = famus.GumbelSampler(model)
    inputs = pooled(sampler)
    torch.manual_seed(0)
    draws = torch.stack([sampler(sampler.layers, inputs) for _ in range(400)]).detach()
    assert set(draws.unique().tolist()) == {0.0, 1.0}
    with torch.no_grad():
        rate = torch.stack([gate(p) for gate, p in zip(sampler.gates, inputs, strict=True)]).softmax(-1)[:, 1]
    assert (draws.mean(0) - rate).abs().max() < 5 * 0.5 / 400**0.5


def test_gumbel_passes_gradients_straight_through(model):
    sampler = famus.GumbelSampler(model)
    gates = sampler(sampler.layers, pooled(sampler))
    gates.sum().backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in sampler.parameters())
    assert any(p.grad.any() for p in sampler.parameters())


def test_gumbel_in_evaluation_mode_decides(model):
    sampler = famus.GumbelSampler(model).eval()
    inputs = pooled(sampler)
    first = sampler(sampler.layers, inputs)
    assert all(torch.equal(sampler(sampler.layers, inputs), first) for _ in range(10))
    logits = torch.stack([gate(p) for gate, p in zip(sampler.gates, inputs, strict=True)])
    assert torch.equal(first, (logits[:, 1] > logits[:, 0]).float())


def test_fixed_samplers(model):
    found = famus.layers(model)
    everything, last, many = famus.AllLayers(), famus.LastLayers(2), famus.LastLayers(99)
    assert everything(found, []).tolist() == [1.0] * len(found)
    assert last(found, []).tolist() == [0.0] * (len(found) - 2) + [1.0, 1.0]
    assert many(found, []).tolist() == [1.0] * len(found)
    block = famus.Block("1")(found, [])
    assert [layer.name for layer, on in zip(found, block, strict=True) if on] == [
        *("1.bn1", "1.conv1", "1.bn2", "1.conv2", "1.shortcut")
    ]
    assert famus.Block("1.conv1")(found, []).sum() == 1


def test_a_block_is_not_its_namesakes(model):
    """ "1" is not "10"."""
    found = tuple(famus.Layer(name, ()) for name in ("1.conv", "10.conv", "11"))
    assert famus.Block("1")(found, []).tolist() == [1.0, 0.0, 0.0]
