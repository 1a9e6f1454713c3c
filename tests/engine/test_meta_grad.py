"""The fast engine against the paper's own computation, on every network, meta model and sampler."""

import copy

import pytest
import torch
from shared.networks import CLASSES, NETWORKS
from torch import nn

import famus_ext as famus

# Relative error: a few hundred roundings of each dtype.
TOLERANCE = {torch.float64: 1e-10, torch.float32: 1e-5}


def images(n):
    return torch.randn(n, 3, 9, 9)


META_MODELS = {"mwnet": famus.MWNet, "l2r": famus.L2R}
SAMPLERS = {
    "all": lambda model: famus.AllLayers(),
    "last": lambda model: famus.LastLayers(2),
    "gumbel": lambda model: famus.GumbelSampler(model, 2),
    "gumbel without credit": lambda model: famus.GumbelSampler(model, 2, credit_inactive=False),
    "gumbel on some layers": lambda model: famus.GumbelSampler(model, 2, layers=famus.layers(model)[1::2]),
    "last in order of execution": lambda model: famus.LastLayers(
        2, famus.layers(model, example=torch.randn(2, 3, 9, 9))
    ),
    "gumbel by tensor": lambda model: famus.GumbelSampler(model, 2, layers=famus.layers(model, granularity="tensor")),
}


def close(left, right, tolerance):
    """Relative error of two dicts of tensors, taken together."""
    assert left.keys() == right.keys()
    a, b = (torch.cat([t.flatten() for t in side.values()]) for side in (left, right))
    return float((a - b).norm()) <= tolerance * float(b.norm())


def both(network, x, x_meta, *, meta_model, sampler, dtype, **options):
    """The same computation by the two exact engines, from the same state and random numbers."""
    torch.manual_seed(1)
    y, y_meta = torch.randint(0, CLASSES, (len(x),)), torch.randint(0, CLASSES, (len(x_meta),))
    results = []
    for engine in ("pushforward", "double_backward"):
        parts = copy.deepcopy((network, meta_model, sampler))
        model, meta, gates = (part.to(dtype) for part in parts)
        torch.manual_seed(2)
        results.append(
            famus.sampled_meta_grad(
                model, meta, (x, y), (x_meta, y_meta), lr=0.3, sampler=gates, engine=engine, **options
            )
        )
    return results


def check(fast, exact, tolerance):
    assert close(fast.grads, exact.grads, tolerance)
    assert all(grad.abs().max() > 0 for grad in exact.grads.values()), (
        "the oracle's gradient is zero: nothing is tested"
    )
    assert torch.equal(fast.gates, exact.gates)
    assert fast.layers == exact.layers
    assert torch.allclose(fast.sample_dots, exact.sample_dots, rtol=0, atol=tolerance * float(exact.sample_dots.norm()))
    assert torch.allclose(fast.meta_loss, exact.meta_loss, rtol=tolerance)
    assert torch.allclose(fast.loss, exact.loss, rtol=tolerance)
    assert fast.sampler_grads.keys() == exact.sampler_grads.keys()
    if exact.gate_grads is not None:
        assert torch.allclose(fast.gate_grads, exact.gate_grads, rtol=tolerance, atol=tolerance)
        assert close(fast.sampler_grads, exact.sampler_grads, tolerance)


@pytest.mark.parametrize("dtype", TOLERANCE, ids=str)
@pytest.mark.parametrize("name", NETWORKS)
def test_networks(name, dtype):
    torch.manual_seed(0)
    build, inputs = NETWORKS[name]
    x, x_meta = inputs(8), inputs(6)
    x, x_meta = (t.to(dtype) if t.is_floating_point() else t for t in (x, x_meta))
    fast, exact = both(build(), x, x_meta, meta_model=famus.MWNet(8), sampler=famus.AllLayers(), dtype=dtype)
    check(fast, exact, TOLERANCE[dtype])


@pytest.mark.parametrize("lambda_g", [0.0, 0.7])
@pytest.mark.parametrize("sampler", SAMPLERS)
@pytest.mark.parametrize("meta_model", META_MODELS)
@pytest.mark.parametrize("name", ["wide residual", "group norm"])
def test_methods(name, meta_model, sampler, lambda_g):
    torch.manual_seed(3)
    build, inputs = NETWORKS[name]
    network = build()
    fast, exact = both(
        network,
        inputs(8),
        inputs(6),
        meta_model=META_MODELS[meta_model](),
        sampler=SAMPLERS[sampler](network),
        dtype=torch.float64,
        lambda_r=0.3,
        lambda_g=lambda_g,
    )
    if not fast.gates.any() and not lambda_g:
        assert all(not grad.any() for grad in fast.grads.values())
    else:
        check(fast, exact, 1e-10)


def test_gumbel_gates_are_mixed():
    """The cases above are worth something only if some gates are on and some off."""
    torch.manual_seed(3)
    network = NETWORKS["wide residual"][0]()
    fast, _ = both(
        network,
        NETWORKS["wide residual"][1](8),
        NETWORKS["wide residual"][1](6),
        meta_model=famus.MWNet(),
        sampler=famus.GumbelSampler(network, 2),
        dtype=torch.float64,
    )
    assert 0 < fast.gates.sum() < len(fast.gates)


def paper(network, meta_model, batch, meta_batch, lr):
    """Eq. 3, 1 and 4 written out once more, without any part of the package but the meta model."""
    weights = dict(network.named_parameters())
    logits = network(batch[0])
    losses = nn.functional.cross_entropy(logits, batch[1], reduction="none")
    value = (meta_model.weigh(losses.detach()) * losses).mean()
    gradients = torch.autograd.grad(value, list(weights.values()), create_graph=True)
    moved = {name: w - lr * g for (name, w), g in zip(weights.items(), gradients, strict=True)}
    meta_loss = nn.functional.cross_entropy(torch.func.functional_call(network, moved, (meta_batch[0],)), meta_batch[1])
    return meta_loss


@pytest.mark.parametrize("name", ["wide residual", "group norm", "branches"])
def test_against_the_equations_written_out(name):
    torch.manual_seed(4)
    build, inputs = NETWORKS[name]
    network, meta_model = build().double(), famus.MWNet(8).double()
    batch, meta_batch = ((inputs(n), torch.randint(0, CLASSES, (n,))) for n in (8, 6))
    expected = torch.autograd.grad(paper(network, meta_model, batch, meta_batch, 0.3), list(meta_model.parameters()))
    result = famus.sampled_meta_grad(network, meta_model, batch, meta_batch, lr=0.3)
    assert close(result.grads, dict(zip(result.grads, expected, strict=True)), 1e-10)


def test_against_finite_differences_in_theta():
    torch.manual_seed(5)
    build, inputs = NETWORKS["group norm"]
    network, meta_model = build().double(), famus.MWNet(4).double()
    batch, meta_batch = ((inputs(n), torch.randint(0, CLASSES, (n,))) for n in (8, 6))
    result = famus.sampled_meta_grad(network, meta_model, batch, meta_batch, lr=0.3)
    h = 1e-5
    for name, theta in meta_model.named_parameters():
        direction = torch.randn_like(theta)
        sides = []
        for side in (h, -2 * h):
            with torch.no_grad():
                theta += side * direction
            sides.append(paper(network, meta_model, batch, meta_batch, 0.3).item())
        with torch.no_grad():
            theta += h * direction
        slope = (sides[0] - sides[1]) / (2 * h)
        assert slope == pytest.approx(float((result.grads[name] * direction).sum()), rel=1e-5, abs=1e-12)


def test_finite_difference_engine_is_near():
    torch.manual_seed(6)
    build, inputs = NETWORKS["wide residual"]
    network, meta_model = build(), famus.MWNet(8)
    batch, meta_batch = ((inputs(n).float(), torch.randint(0, CLASSES, (n,))) for n in (8, 6))
    results = [
        famus.sampled_meta_grad(network, meta_model, batch, meta_batch, lr=0.3, engine=engine)
        for engine in ("pushforward", "finite_difference")
    ]
    assert close(results[1].grads, results[0].grads, 2e-2)
    assert not close(results[1].grads, results[0].grads, 1e-7), "an approximation is not exact"


def test_finite_difference_replays_dropout():
    torch.manual_seed(7)
    build, inputs = NETWORKS["dropout"]
    network, meta_model = build().double(), famus.MWNet(8).double()
    batch, meta_batch = ((inputs(n), torch.randint(0, CLASSES, (n,))) for n in (8, 6))
    results = []
    for engine in ("pushforward", "finite_difference"):
        torch.manual_seed(8)
        results.append(famus.sampled_meta_grad(network, meta_model, batch, meta_batch, lr=0.3, engine=engine))
    assert close(results[1].grads, results[0].grads, 1e-2)


def test_learning_rates_by_name():
    """A parameter that does not move contributes nothing; the others keep their own α."""
    torch.manual_seed(9)
    build, inputs = NETWORKS["branches"]
    network = build().double()
    rates = {name: 0.1 * index for index, (name, _) in enumerate(network.named_parameters())}
    meta_model = famus.MWNet(8).double()
    batch, meta_batch = ((inputs(n), torch.randint(0, CLASSES, (n,))) for n in (8, 6))
    fast, exact = (
        famus.sampled_meta_grad(network, meta_model, batch, meta_batch, lr=rates, engine=engine)
        for engine in ("pushforward", "double_backward")
    )
    check(fast, exact, 1e-10)


def test_inputs_by_keyword_and_outputs_with_logits():
    class Wrapped(nn.Module):
        def __init__(self, body):
            super().__init__()
            self.body = body

        def forward(self, *, pixels, scale):
            return {"logits": self.body(pixels * scale)}

    torch.manual_seed(10)
    build, inputs = NETWORKS["group norm"]
    network, meta_model = build().double(), famus.MWNet(8).double()
    (x, y), (x_meta, y_meta) = ((inputs(n), torch.randint(0, CLASSES, (n,))) for n in (8, 6))
    plain = famus.sampled_meta_grad(network, meta_model, (2 * x, y), (2 * x_meta, y_meta), lr=0.3)
    wrapped = famus.sampled_meta_grad(
        Wrapped(network),
        meta_model,
        ({"pixels": x, "scale": 2}, y),
        ({"pixels": x_meta, "scale": 2}, y_meta),
        lr=0.3,
    )
    assert close(wrapped.grads, plain.grads, 1e-12)


def test_nothing_is_written():
    """No parameter, no .grad, no mode; buffers once, by the training batch alone."""
    torch.manual_seed(11)
    build, inputs = NETWORKS["wide residual"]
    network, meta_model = build().double(), famus.MWNet(8).double()
    twin = copy.deepcopy(network)
    batch, meta_batch = ((inputs(n), torch.randint(0, CLASSES, (n,))) for n in (8, 6))
    famus.sampled_meta_grad(network, meta_model, batch, meta_batch, lr=0.3)
    twin(batch[0])
    for (name, a), (_, b) in zip(network.state_dict().items(), twin.state_dict().items(), strict=True):
        assert torch.equal(a, b), name
    assert all(p.grad is None for p in (*network.parameters(), *meta_model.parameters()))
