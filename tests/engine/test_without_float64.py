"""A float32 step on a device that has no float64, as Apple's GPUs."""

import warnings
from itertools import product

import pytest
import torch
from shared.networks import CLASSES, NETWORKS
from shared.without_float64 import said_to_have_none, without_float64
from torch import nn

import famus_ext as famus
from famus_ext.engine.per_example.coupling import probe
from famus_ext.errors import NonFiniteError
from famus_ext.losses.given_weights import GivenWeights, with_weights

META_MODELS = {
    "MW-Net": lambda: famus.MWNet(8),
    "MW-Net by class": lambda: famus.MWNet(8, class_groups=[0, 1, 0, 1, 1], normalised=True),
    "L2R": famus.L2R,
    "MLC": lambda: famus.MLC(CLASSES),
    "label correction": lambda: famus.LabelCorrection(CLASSES, 8),
}
SAMPLERS = {
    "all": lambda model: famus.AllLayers(),
    "random": lambda model: famus.RandomLayers(2, seed=4),
    "threshold": lambda model: famus.Threshold(0.2),
    "gumbel": lambda model: famus.GumbelSampler(model, 2),
}
SCHEDULES = {
    "paper": {"clip_norm": 0.1},
    "merged": {"schedule": "merged", "clip_norm": 0.1},
    "in parts": {"micro_batches": 2},
    "recomputed": {"recompute": True},
    "double backward": {"engine": "double_backward"},
    "double backward, merged": {"engine": "double_backward", "schedule": "merged", "clip_norm": 0.1},
    "finite difference": {"engine": "finite_difference"},
    "ghost": {"engine": "ghost"},
}
OPTIMIZERS = {
    "momentum": lambda weights: torch.optim.SGD(weights, lr=0.1, momentum=0.9),
    "adam": lambda weights: torch.optim.Adam(weights, lr=0.01, amsgrad=True),
}
LOSSES = {
    "class-balanced": lambda: famus.ClassBalancedLoss([5, 4, 3, 2, 1]),
    "focal": lambda: famus.FocalLoss(alpha=[1, 1, 1, 1, 2]),
    "ldam": lambda: famus.LDAMLoss([5, 4, 3, 2, 1]),
    "deferred": lambda: famus.DeferredReweighting(famus.cross_entropy, [5, 4, 3, 2, 1], 0),
}


def narrow(tensor):
    return tensor.float() if tensor.is_floating_point() else tensor


def batches(name):
    torch.manual_seed(1)
    return [part for n in (8, 6) for part in (narrow(NETWORKS[name][1](n)), torch.randint(0, CLASSES, (n,)))]


def make(name, meta_model="MW-Net", sampler="gumbel", optimizer="momentum", **options):
    torch.manual_seed(0)
    model = NETWORKS[name][0]()
    parts = OPTIMIZERS[optimizer](model.parameters()), META_MODELS[meta_model](), SAMPLERS[sampler](model)
    return famus.MetaStep(model, *parts, collapse_window=1, **options)


def two_steps(step, given):
    """What they gave, and the weights after them."""
    torch.manual_seed(2)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", famus.CollapseWarning)
        outputs = [step(*given), step(*given)]
    return [[output.loss, output.meta_loss, output.gates] for output in outputs], dict(step.model.state_dict())


def check(name="group norm", **arguments):
    """The steps are taken there, and are those of a device that has float64."""
    step, twin, given = make(name, **arguments), make(name, **arguments), batches(name)
    with without_float64() as asked:
        found = two_steps(step, given)
    assert asked.called
    torch.testing.assert_close(found, two_steps(twin, given), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(("meta_model", "sampler"), list(product(META_MODELS, SAMPLERS)))
def test_meta_models_and_samplers(meta_model, sampler):
    check(meta_model=meta_model, sampler=sampler)


@pytest.mark.parametrize(("schedule", "optimizer"), list(product(SCHEDULES, OPTIMIZERS)))
def test_schedules_and_engines(schedule, optimizer):
    check(optimizer=optimizer, **SCHEDULES[schedule])


@pytest.mark.parametrize("name", NETWORKS)
def test_networks(name):
    check(name, sampler="all")


@pytest.mark.parametrize("loss", LOSSES)
def test_losses_with_a_number_for_each_class(loss):
    """They are made in float64, and give it up where they are moved to such a device."""
    loss, logits, targets = LOSSES[loss](), torch.randn(3, CLASSES, requires_grad=True), torch.arange(3)
    expected = loss(logits, targets)
    with said_to_have_none():
        loss.to("cpu")
    with without_float64():
        loss(logits, targets).sum().backward()
        torch.testing.assert_close(loss(logits, targets), expected)


def test_weights_of_ones_own():
    with without_float64():
        targets = with_weights(torch.tensor([1, 0]), torch.tensor([0.5, 2.0]))
        losses = GivenWeights()(torch.zeros(2, 3), targets)
        torch.testing.assert_close(losses, torch.tensor([0.5, 2.0]) * torch.tensor(3.0).log())
    with without_float64(), pytest.raises(TypeError, match=r"with_weights, float32, got torch\.float16"):
        GivenWeights()(torch.zeros(2, 3), targets.half())


def test_moments_of_a_gradient():
    moments = famus.GradientMoments()
    with without_float64():
        for value in (1.0, 3.0):
            moments.add({"θ": torch.tensor([value])})
        assert moments.summary() == (2, 2.0, 2.0)


@pytest.mark.parametrize("way", ["by layer", "by example"])
def test_gradient_dots(way):
    torch.manual_seed(0)
    model, (x, y, x_meta, y_meta) = NETWORKS["group norm"][0](), batches("group norm")
    arguments = {"lr": 0.1, "layers": 2, "way": way}
    expected = famus.gradient_dots(model, (x, y), (x_meta, y_meta), **arguments).values
    with without_float64():
        found = famus.gradient_dots(model, (x, y), (x_meta, y_meta), **arguments).values
        torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-6)


def test_what_is_looked_at_in_a_run():
    model = NETWORKS["group norm"][0]()
    weights, activity = famus.ExampleWeights(3, normalised=True), famus.LayerActivity(famus.layers(model))
    with without_float64():
        weights.add(torch.tensor([0, 2]), torch.tensor([0.25, 0.75]))
        assert weights.mean.tolist() == [0.5, 1.0, 1.5]
        activity.add(torch.ones(len(activity.names)))
        _, curve = famus.weight_function(famus.MWNet(8), maximum=5.0)
        assert curve.dtype == torch.float32


def test_a_loss_that_is_not_finite_is_found():
    step = famus.MetaStep(model := nn.Linear(2, 2), torch.optim.SGD(model.parameters(), lr=0.1), famus.MWNet(8))
    x, y = torch.full((2, 2), torch.inf), torch.tensor([0, 1])
    with without_float64(), pytest.raises(NonFiniteError):
        step(x, y, x, y)


def test_the_refusal_sees_float64_made_on_the_way():
    with without_float64(), pytest.raises(TypeError, match="expected no float64"):
        torch.ones(1).double()


def test_scales_of_a_probe_differ_long_after_the_first():
    """The golden ratio's multiples have few digits left in float32, were they formed in it."""
    seen = []

    def at_sites(cotangent):
        seen.append(cotangent)
        return [cotangent]

    with without_float64():
        probe(torch.ones(64, 1), [None], at_sites, 2**20)
    plain, scaled = seen
    assert (scaled / plain).unique().tolist() == [-8, -4, -2, -1, 1, 2, 4, 8]
