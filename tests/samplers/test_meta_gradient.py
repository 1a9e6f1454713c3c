"""Every sampler through the engine: the pushforward against double backward, for θ and η."""

import copy

import pytest
import torch
from shared.networks import CLASSES, NETWORKS

import famus_ext as famus
from famus_ext.samplers import Block, GumbelSampler, RandomLayers, Threshold

TOLERANCE = 1e-10  # relative, float64

SAMPLERS = {
    "random layers": lambda model: RandomLayers(3, seed=1),
    "block by number": lambda model: Block(-1),
    "block by number, some layers": lambda model: Block(1, famus.layers(model)[1::2]),
    "threshold": lambda model: Threshold(0.3),
    "last candidates": lambda model: GumbelSampler(model, 2, candidates=6),
    "candidates without the last": lambda model: GumbelSampler(model, 2, candidates=["1", "2"]),
    "always on": lambda model: GumbelSampler(model, 3, always_on=["7", "1.conv1"]),
    "always on without credit": lambda model: GumbelSampler(
        model, 2, candidates=["2"], always_on=["1.conv2"], credit_inactive=False
    ),
    "summed and standardised": lambda model: GumbelSampler(model, 2, summed=True, standardise=True, depth=3),
    "released": lambda model: GumbelSampler(model, variant="released"),
    "evaluation": lambda model: GumbelSampler(model, 2).eval(),
}
META_MODELS = {"mwnet": lambda: famus.MWNet(8), "l2r": famus.L2R}


def results(sampler, meta_model, lambda_g, steps=1):
    """What the two exact engines give in the last of some steps, from the same state and random numbers."""
    torch.manual_seed(3)
    model = NETWORKS["wide residual"][0]().double()
    parts = model, META_MODELS[meta_model]().double(), SAMPLERS[sampler](model).double()
    x, x_meta = (torch.randn(n, 3, 9, 9, dtype=torch.float64) for n in (8, 6))
    y, y_meta = (torch.randint(0, CLASSES, (n,)) for n in (8, 6))
    found = []
    for engine in ("pushforward", "double_backward"):
        network, meta, gates = copy.deepcopy(parts)
        torch.manual_seed(5)
        options = {"lr": 0.3, "sampler": gates, "engine": engine, "lambda_g": lambda_g}
        for _ in range(steps):
            result = famus.sampled_meta_grad(network, meta, (x, y), (x_meta, y_meta), **options)
        found.append(result)
    return found


def relative_error(found, exact):
    assert found.keys() == exact.keys()
    a, b = (torch.cat([t.flatten() for t in side.values()]) for side in (found, exact))
    assert b.any(), "the oracle's gradient is zero: nothing is tested"
    return float((a - b).norm() / b.norm())


@pytest.mark.parametrize("lambda_g", [0.0, 0.7])
@pytest.mark.parametrize("meta_model", META_MODELS)
@pytest.mark.parametrize("sampler", SAMPLERS)
def test_against_double_backward(sampler, meta_model, lambda_g):
    fast, exact = results(sampler, meta_model, lambda_g)
    assert torch.equal(fast.gates.cpu(), exact.gates.cpu())
    assert 0 < exact.gates.sum() < len(exact.gates)
    assert relative_error(fast.grads, exact.grads) <= TOLERANCE
    assert fast.sampler_grads.keys() == exact.sampler_grads.keys()
    if exact.sampler_grads:
        assert relative_error(fast.sampler_grads, exact.sampler_grads) <= TOLERANCE


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_who_learns(sampler):
    """η has a gradient where the gates are drawn by a learned sampler."""
    fast, _ = results(sampler, "mwnet", 0.0)
    learns = sampler not in ("random layers", "block by number", "block by number, some layers", "threshold")
    assert bool(fast.sampler_grads) == (learns and sampler != "evaluation")


def test_random_layers_change_from_step_to_step():
    gates = [results("random layers", "mwnet", 0.0, steps)[0].gates for steps in (1, 2, 3)]
    assert len({tuple(g.tolist()) for g in gates}) > 1
    assert all(g.sum() == 3 for g in gates)
