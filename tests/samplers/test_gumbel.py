"""GumbelSampler with the paper's defaults (FaMUS, Eq. 8)."""

import copy
import pickle

import pytest
import torch
from shared.networks import NETWORKS
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
    assert list(sampler.candidates(sampler.layers)) == list(range(len(famus.layers(model))))
    for eta, size in zip(sampler.gates.by_layer(), sampler.sizes, strict=True):
        assert [tuple(t.shape) for t in eta] == [(128, size), (128,), (1,), (2, 128), (2,)]


def test_gumbel_samples_the_softmax(model):
    """The rate of r_l = 1 is the softmax of Γ's logits, whatever the temperature."""
    for temperature in (1.0, 3.0):
        sampler = famus.GumbelSampler(model, temperature=temperature)
        inputs = pooled(sampler)
        torch.manual_seed(0)
        draws = torch.stack([sampler(sampler.layers, inputs) for _ in range(400)]).detach()
        assert set(draws.unique().tolist()) == {0.0, 1.0}
        with torch.no_grad():
            rate = sampler.gates.logits(inputs).softmax(-1)[:, 1]
        assert (draws.mean(0) - rate).abs().max() < 5 * 0.5 / 400**0.5


def test_gumbel_passes_gradients_straight_through(model):
    sampler = famus.GumbelSampler(model)
    gates = sampler(sampler.layers, pooled(sampler))
    gates.sum().backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in sampler.parameters())
    assert any(p.grad.any() for p in sampler.parameters())


@pytest.mark.parametrize("temperature", [0.5, 4.0])
def test_the_temperature_is_the_soft_samples(model, temperature):
    """The gradient is that of softmax((logits + noise) / τ)."""
    sampler = famus.GumbelSampler(model, temperature=temperature).double()
    inputs = [torch.randn(size, dtype=torch.float64) for size in sampler.sizes]
    torch.manual_seed(2)
    found = torch.autograd.grad(sampler(sampler.layers, inputs).sum(), list(sampler.parameters()))
    torch.manual_seed(2)
    soft = nn.functional.gumbel_softmax(sampler.gates.logits(inputs), tau=temperature)[:, 1]
    expected = torch.autograd.grad(soft.sum(), list(sampler.parameters()))
    for grad, soft_grad in zip(found, expected, strict=True):
        torch.testing.assert_close(grad, soft_grad, rtol=1e-12, atol=1e-15)


def test_gumbel_in_evaluation_mode_decides(model):
    sampler = famus.GumbelSampler(model).eval()
    inputs = pooled(sampler)
    first = sampler(sampler.layers, inputs)
    assert all(torch.equal(sampler(sampler.layers, inputs), first) for _ in range(10))
    logits = sampler.gates.logits(inputs)
    assert torch.equal(first, (logits[:, 1] > logits[:, 0]).float())
    assert 0 < first.sum() < len(first)


def test_summed_input(model):
    """Γ reads the sum of a gradient's entries in each row: their mean, times how many there are."""
    sampler = famus.GumbelSampler(model, summed=True).double()
    seen = []
    sampler.gates.register_forward_hook(lambda module, arguments, output: seen.extend(arguments[0]))
    weights = dict(model.named_parameters())
    gradients = [[torch.randn(weights[n].shape, dtype=torch.float64) for n in x.parameters] for x in sampler.layers]
    sampler(sampler.layers, [torch.cat([g.flatten(1).mean(1) if g.dim() > 1 else g for g in gs]) for gs in gradients])
    for x, gs in zip(seen, gradients, strict=True):
        expected = torch.cat([g.flatten(1).sum(1) if g.dim() > 1 else g for g in gs])
        torch.testing.assert_close(x, expected, rtol=1e-12, atol=1e-12)


def test_standardised_input(model):
    """The scale of a gradient is lost on Γ, and a layer of one entry is no trouble."""
    model.append(nn.PReLU())  # D = 1
    sampler = famus.GumbelSampler(model, standardise=True).double()
    seen = []
    sampler.gates.register_forward_hook(lambda module, arguments, output: seen.append(module.logits(arguments[0])))
    inputs = [torch.randn(size, dtype=torch.float64) for size in sampler.sizes]
    assert sampler.sizes[-1] == 1
    sampler(sampler.layers, inputs)
    sampler(sampler.layers, [7 * x for x in inputs])
    assert seen[0].isfinite().all()
    torch.testing.assert_close(seen[0], seen[1], rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("variant", ["paper", "released"])
def test_state_dict(model, variant):
    """The parameters η and nothing else; into a fresh sampler, by a copy and by pickle."""
    sampler = famus.GumbelSampler(model, variant=variant)
    other = famus.GumbelSampler(model, variant=variant)
    assert sampler.state_dict().keys() == dict(sampler.named_parameters()).keys()
    other.load_state_dict(sampler.state_dict())
    inputs = pooled(sampler)
    torch.manual_seed(4)
    expected = sampler(sampler.layers, inputs)
    for clone in (other, copy.deepcopy(sampler), pickle.loads(pickle.dumps(sampler))):
        torch.manual_seed(4)
        assert torch.equal(clone(clone.layers, inputs), expected)
        assert clone.layers == sampler.layers


def test_a_sampler_knows_its_model(model):
    sampler = famus.GumbelSampler(model)
    assert sampler.layers_of(copy.deepcopy(model)) == famus.layers(model)
    # As many rows, but another number of entries in each, which the sum is taken of.
    model[0] = nn.Conv2d(3, 8, 5)
    with pytest.raises(ValueError, match=r"sampler: built for a model with tensors of shape \[8, 3, 3, 3\] and \[8\]"):
        sampler.layers_of(model)


def test_as_many_gradients_as_layers(model):
    sampler = famus.GumbelSampler(model)
    with pytest.raises(ValueError, match=r"pooled: expected 13 entries, as sampler.layers has, got 12"):
        sampler(sampler.layers, pooled(sampler)[1:])


REFUSED = {
    "no model": ({"model": None}, TypeError, r"model: expected a torch.nn.Module, got NoneType"),
    "no model, but layers": (
        {"model": None, "layers": [famus.Layer("0", ("0.weight",))]},
        TypeError,
        r"model: expected a torch.nn.Module, got NoneType",
    ),
    "variant": (
        {"variant": "official"},
        ValueError,
        r"variant: expected one of \('paper', 'released'\), got 'official'",
    ),
    "hidden zero": ({"hidden": 0}, ValueError, "hidden: expected at least 1, got 0"),
    "hidden a fraction": ({"hidden": 1.5}, TypeError, "hidden: expected an integer, got float"),
    "depth zero": ({"depth": 0}, ValueError, "depth: expected at least 1, got 0"),
    "temperature zero": ({"temperature": 0}, ValueError, "temperature: expected a positive number, got 0"),
    "temperature a word": ({"temperature": "1"}, TypeError, "temperature: expected a number, got str"),
    "summed a number": ({"summed": 1}, TypeError, "summed: expected True or False, got int"),
    "standardise a word": ({"standardise": "no"}, TypeError, "standardise: expected True or False, got str"),
    "credit a number": ({"credit_inactive": 0}, TypeError, "credit_inactive: expected True or False, got int"),
    "K zero": ({"expected_layers": 0}, ValueError, r"expected_layers: expected a number in \(0, 13\]"),
    "K beyond": ({"expected_layers": 13.5}, ValueError, r"expected_layers: expected a number in \(0, 13\].*got 13.5"),
    "K not a number": ({"expected_layers": float("nan")}, ValueError, "expected_layers: expected a finite number"),
}


@pytest.mark.parametrize(("changes", "error", "message"), REFUSED.values(), ids=REFUSED)
def test_bad_arguments_are_refused(model, changes, error, message):
    with pytest.raises(error, match=message):
        famus.GumbelSampler(**{"model": model, **changes})
