"""GumbelSampler(variant="released"): the choices of the authors' code."""

import copy

import pytest
import torch
from shared.networks import CLASSES, NETWORKS
from torch import nn
from torch.nn.functional import linear, prelu

import famus_ext as famus


@pytest.fixture
def model():
    """A network of 20 tensors."""
    torch.manual_seed(0)
    return NETWORKS["wide residual"][0]().double()


def released(model, *arguments, **options):
    return famus.GumbelSampler(model, *arguments, variant="released", **options).double()


def test_layers(model):
    """Tensors; the last 15 of them, of which the classifier's two are always on."""
    sampler = released(model)
    names = [name for name, _ in model.named_parameters()]
    assert [layer.name for layer in sampler.layers] == names
    assert list(sampler.candidates(sampler.layers)) == list(range(5, 20))
    assert names[18:] == ["7.weight", "7.bias"]
    assert len(sampler.gates) == 13
    gates = sampler(sampler.layers, [torch.randn(size) for size in sampler.sizes])
    assert gates[:5].tolist() == [0] * 5
    assert gates[18:].tolist() == [1, 1]


def test_gate_networks(model):
    """FC [D, 128], PReLU, FC [128, 128], PReLU, FC [128, 2] on summed gradients, standardised."""
    sampler = released(model)
    seen = []
    sampler.gates.register_forward_hook(lambda module, arguments, output: seen.append(module.logits(arguments[0])))
    gradients = [torch.randn_like(p) for p in model.parameters()]
    sampler(sampler.layers, [g.flatten(1).mean(1) if g.dim() > 1 else g for g in gradients])
    for logits, eta, gradient in zip(seen[0], sampler.gates.by_layer(), gradients[5:18], strict=True):
        x = gradient.flatten(1).sum(1) if gradient.dim() > 1 else gradient
        x = (x - x.mean()) / (x.std() + 1e-9)
        W, b, a, V, c, d, U, e = eta
        assert [tuple(weight.shape) for weight in (W, V, U)] == [(128, len(x)), (128, 128), (2, 128)]
        hidden = prelu(linear(prelu(linear(x, W, b), a), V, c), d)
        torch.testing.assert_close(logits, linear(hidden, U, e), rtol=1e-12, atol=1e-12)


def test_the_count_is_of_the_gated_tensors(model):
    """With α = 0 all that is left of ∂L/∂r is L_r's: 2 λ1 (Σ r - K), Σ over the gated tensors."""
    sampler = released(model, 3)
    assert (sampler.expected_gated, sampler.expected_layers) == (3, 5)
    torch.manual_seed(0)
    x, y = torch.randn(6, 3, 9, 9, dtype=torch.float64), torch.randint(0, CLASSES, (6,))
    meta_model = famus.MWNet(8).double()
    found = famus.sampled_meta_grad(
        model, meta_model, (x, y), (x, y), lr=0.0, sampler=sampler, lambda_r=0.25, lambda_g=0.0
    )
    expected = 2 * 0.25 * (found.gates[5:18].sum() - 3)
    assert expected != 0
    torch.testing.assert_close(found.gate_grads, expected.expand(20).to(found.gate_grads))


def test_fewer_tensors_than_candidates():
    model = nn.Sequential(nn.Linear(4, 8), nn.Linear(8, 3))
    sampler = famus.GumbelSampler(model, 1, variant="released")
    assert list(sampler.candidates(sampler.layers)) == [0, 1, 2, 3]
    assert len(sampler.gates) == 2


OVERRIDES = {
    "depth": ({"depth": 2}, lambda s: len(s.gates.by_layer()[0]), 5),
    "summed": ({"summed": False}, lambda s: s.summed, False),
    "standardise": ({"standardise": False}, lambda s: s.standardise, False),
    "hidden": ({"hidden": 9}, lambda s: len(s.gates.by_layer()[0][0]), 9),
    "candidates": ({"candidates": lambda layer: True}, lambda s: len(s.gates), 18),
    "always on": ({"always_on": ()}, lambda s: (len(s.gates), s.expected_layers), (15, 4)),
    "layers": ({"layers": famus.layers(NETWORKS["wide residual"][0]())}, lambda s: len(s.gates), 11),
}


@pytest.mark.parametrize(("arguments", "read", "expected"), OVERRIDES.values(), ids=OVERRIDES)
def test_arguments_override(model, arguments, read, expected):
    assert read(released(copy.deepcopy(model), **arguments)) == expected


def test_expected_layers_are_gated_ones(model):
    assert released(model, 13).expected_layers == 15
    with pytest.raises(ValueError, match=r"expected_layers: expected a number in \(0, 13\].*2 always on, got 14"):
        released(model, 14)
