"""Every meta model through the engines: the fast one, the paper's computation, and finite differences in θ."""

import copy
import doctest

import pytest
import torch
from shared.networks import CLASSES, NETWORKS
from torch import nn

import famus_ext as famus
from famus_ext import meta_models
from famus_ext.losses import FocalLoss, LDAMLoss
from famus_ext.meta_models import L2R, MLC, ExampleWeighting, LabelCorrection, MWNet, SemiSupervised

N, M = 8, 6
SIZES = [50, 20, 20, 5, 1]


def noise():
    """A matrix of label noise with zeros in it."""
    return 0.6 * torch.eye(CLASSES, dtype=torch.float64) + 0.4 * torch.eye(CLASSES, dtype=torch.float64).roll(1, 1)


def indices():
    return torch.arange(N) % CLASSES


def soft():
    return torch.randn(N, CLASSES, dtype=torch.float64).softmax(1)


# name -> (meta model, targets)
CASES = {
    "own weights": (lambda: ExampleWeighting(nn.Sequential(nn.Linear(1, 4), nn.Tanh(), nn.Linear(4, 1))), indices),
    "MW-Net, normalised": (lambda: MWNet(8, normalised=True), indices),
    "MW-Net, several losses": (lambda: MWNet(8, inputs=[FocalLoss(), LDAMLoss(SIZES)]), indices),
    "MW-Net, groups": (lambda: MWNet(8, class_groups=[0, 0, 1, 1, 2]), indices),
    "MW-Net, LDAM": (lambda: MWNet(8, loss=LDAMLoss(SIZES, scale=2.0)), indices),
    "MW-Net, soft labels": (lambda: MWNet(8), soft),
    "L2R, not normalised": (lambda: L2R(normalised=False), indices),
    "L2R, focal": (lambda: L2R(FocalLoss()), soft),
    "MLC, identity": (lambda: MLC(CLASSES), indices),
    "MLC, noise": (lambda: MLC(CLASSES, initial=noise()), indices),
    "MLC, soft labels": (lambda: MLC(CLASSES, initial=noise()), soft),
    "label correction": (lambda: LabelCorrection(CLASSES, hidden=8), indices),
    "label correction, soft labels": (lambda: LabelCorrection(CLASSES, hidden=8), soft),
    "semi-supervised": (lambda: SemiSupervised(MWNet(8), 4, lambda_u=5.0), lambda: (soft(), soft())),
}


def problem(network, name):
    """A network, a meta model and their two batches, in float64."""
    torch.manual_seed(0)
    build, inputs = NETWORKS[network]
    make, targets = CASES[name]
    batches = (inputs(N), targets()), (inputs(M), torch.arange(M) % CLASSES)
    return build().double(), make().double(), *batches


@pytest.mark.parametrize("network", ["wide residual", "group norm"])
@pytest.mark.parametrize("name", CASES)
def test_fast_engine_is_exact(name, network):
    model, meta_model, batch, meta_batch = problem(network, name)
    fast, exact = (
        famus.sampled_meta_grad(*copy.deepcopy((model, meta_model)), batch, meta_batch, lr=0.3, engine=engine)
        for engine in ("pushforward", "double_backward")
    )
    assert fast.grads.keys() == exact.grads.keys()
    size = torch.cat([grad.flatten() for grad in exact.grads.values()]).norm()
    assert size > 0, "the oracle's gradient is zero: nothing is tested"
    for key, grad in exact.grads.items():
        assert (fast.grads[key] - grad).norm() <= 1e-10 * size, key
    torch.testing.assert_close(fast.sample_dots, exact.sample_dots, rtol=1e-8, atol=1e-10)
    torch.testing.assert_close(fast.loss, exact.loss, rtol=1e-12, atol=0)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="torch finds no GPU")
@pytest.mark.parametrize("name", CASES)
def test_same_on_a_gpu(name):
    """The meta model moves as a whole, class sizes and groups included."""
    model, meta_model, batch, meta_batch = problem("group norm", name)
    here = famus.sampled_meta_grad(*copy.deepcopy((model, meta_model)), batch, meta_batch, lr=0.3)
    batch, meta_batch = on_gpu(batch), on_gpu(meta_batch)
    there = famus.sampled_meta_grad(model.cuda(), meta_model.cuda(), batch, meta_batch, lr=0.3)
    for key, grad in here.grads.items():
        torch.testing.assert_close(there.grads[key].cpu(), grad, rtol=1e-8, atol=1e-12)


def on_gpu(value):
    """A tensor, or a tuple of such, on the GPU."""
    return value.cuda() if isinstance(value, torch.Tensor) else tuple(on_gpu(part) for part in value)


def stepped_meta_loss(model, meta_model, batch, meta_batch, lr):
    """L_c at ŵ(θ), by the equations and nothing of the engines."""
    weights = dict(model.named_parameters())
    found = torch.autograd.grad(meta_model(model(batch[0]), batch[1]).value, list(weights.values()))
    moved = {key: (w - lr * g).detach() for (key, w), g in zip(weights.items(), found, strict=True)}
    with torch.no_grad():
        logits = torch.func.functional_call(model, moved, (meta_batch[0],))
        return nn.functional.cross_entropy(logits, meta_batch[1]).item()


@pytest.mark.parametrize("name", [name for name in CASES if not name.startswith("L2R")])
def test_against_finite_differences_in_theta(name):
    """A random direction in every tensor of θ; off the simplex for MLC, whose ℓ is defined there too."""
    model, meta_model, batch, meta_batch = problem("group norm", name)
    result = famus.sampled_meta_grad(model, meta_model, batch, meta_batch, lr=0.3)
    h = 1e-5
    for key, theta in meta_model.named_parameters():
        direction, sides = torch.randn_like(theta), []
        for side in (h, -2 * h):
            with torch.no_grad():
                theta += side * direction
            sides.append(stepped_meta_loss(model, meta_model, batch, meta_batch, 0.3))
        with torch.no_grad():
            theta += h * direction
        slope = (sides[0] - sides[1]) / (2 * h)
        assert slope == pytest.approx(float((result.grads[key] * direction).sum()), rel=1e-4, abs=1e-10), key


def test_documented_example():
    """The example of a user's own meta models runs as it stands."""
    torch.manual_seed(0)
    outcome = doctest.testmod(meta_models)
    assert outcome.attempted > 5
    assert outcome.failed == 0
