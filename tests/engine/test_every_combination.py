"""Every meta model with every sampler, schedule and engine that it goes with, against the equations written out.

Of the others, the reason why they are refused.
"""

import copy
from itertools import product

import pytest
import torch
from shared import oracle
from shared.networks import CLASSES, NETWORKS
from torch import nn
from torch.nn.functional import cross_entropy

import famus_ext as famus

TOLERANCE = 1e-9
LAMBDAS = {"lambda_r": 0.3, "lambda_g": 0.7}


class Temperatures(nn.Module):
    """A user's own meta model: a temperature for each class, and a scalar loss."""

    def __init__(self):
        super().__init__()
        self.log_t = nn.Parameter(torch.zeros(CLASSES))

    def forward(self, logits, targets):
        return cross_entropy(logits * self.log_t.exp(), targets)


def noisy_identity():
    return 0.7 * torch.eye(CLASSES) + 0.3 / CLASSES


META_MODELS = {
    "MW-Net": lambda: famus.MWNet(8),
    "MW-Net, normalised": lambda: famus.MWNet(8, normalised=True),
    "MW-Net by class": lambda: famus.MWNet(8, class_groups=[0, 1, 0, 1, 1]),
    "own weights": lambda: famus.ExampleWeighting(nn.Sequential(nn.Linear(1, 1), nn.Softplus())),
    "L2R": famus.L2R,
    "MLC": lambda: famus.MLC(CLASSES, initial=noisy_identity()),
    "label correction": lambda: famus.LabelCorrection(CLASSES, 8),
    "semi-supervised": lambda: famus.SemiSupervised(famus.MWNet(8), 4, 3.0),
    "own loss": Temperatures,
}
WEIGHTING = ("MW-Net", "MW-Net, normalised", "MW-Net by class", "own weights", "L2R")
SAMPLERS = {
    "all": lambda model: famus.AllLayers(),
    "last": lambda model: famus.LastLayers(2),
    "block": lambda model: famus.Block("1"),
    "random": lambda model: famus.RandomLayers(2, seed=4),
    "threshold": lambda model: famus.Threshold(0.2),
    "gumbel": lambda model: famus.GumbelSampler(model, 2),
    "gumbel without credit": lambda model: famus.GumbelSampler(model, 2, credit_inactive=False),
    "gumbel as released": lambda model: famus.GumbelSampler(model, 1, variant="released", candidates=4),
}
OPTIMIZERS = {
    "sgd": lambda w: torch.optim.SGD(w, lr=0.3),
    "momentum": lambda w: torch.optim.SGD(w, lr=0.3, momentum=0.9, weight_decay=1e-3),
    "dampened": lambda w: torch.optim.SGD(w, lr=0.3, momentum=0.9, dampening=0.2, maximize=True),
    "nesterov": lambda w: torch.optim.SGD(w, lr=0.3, momentum=0.9, weight_decay=1e-3, nesterov=True),
    "adam": lambda w: torch.optim.Adam(w, lr=0.01, weight_decay=1e-2),
    "amsgrad": lambda w: torch.optim.Adam(w, lr=0.01, amsgrad=True, betas=(0.5, 0.6)),
    "adamw": lambda w: torch.optim.AdamW(w, lr=0.01),
}
# What runs: an engine's name, its options, and a network that it can take.
ENGINES = {
    "pushforward": ({"engine": "pushforward"}, "wide residual"),
    "in micro-batches": ({"engine": "pushforward", "micro_batches": 3}, "group norm"),
    "recomputed": ({"engine": "pushforward", "recompute": True}, "wide residual"),
    "double backward": ({"engine": "double_backward"}, "wide residual"),
    "ghost": ({"engine": "ghost"}, "group norm"),
}
APPROXIMATE = {"finite difference": ({"engine": "finite_difference"}, "wide residual")}


def batch(meta_model, inputs, n):
    y = torch.randint(0, CLASSES, (n,))
    return inputs(n), ((y, torch.randn(n, CLASSES).double().softmax(1)) if meta_model == "semi-supervised" else y)


def start(meta_model, sampler, engine, optimizer="sgd", schedule="paper", **options):
    """A step, its batches, and the same parts for the oracle."""
    torch.manual_seed(0)
    settings, name = (ENGINES | APPROXIMATE)[engine]
    build, inputs = NETWORKS[name]
    model, meta = build().double(), META_MODELS[meta_model]().double()
    gates = SAMPLERS[sampler](model).double()
    step = famus.MetaStep(
        model,
        OPTIMIZERS[optimizer](model.parameters()),
        meta,
        gates,
        schedule=schedule,
        meta_optimizer=None if meta_model == "L2R" else torch.optim.SGD(meta.parameters(), lr=0.0),
        sampler_optimizer=torch.optim.SGD(gates.parameters(), lr=1.0) if gates.learned else None,
        **LAMBDAS,
        **settings,
        **options,
    )
    return step, [(*batch(meta_model, inputs, 8), *batch("", inputs, 6)) for _ in range(3)]


def check(step, batches, schedule, clip=None):
    """One step's ∂L/∂θ and ∂L/∂η; sampler's weights move by the gradient, since its learning rate is 1."""
    x, y, x_meta, y_meta = batches
    merged = {"optimizer": step.optimizer, "clip": clip} if schedule == "merged" else {"lr": 0.3}
    copies = copy.deepcopy((step.meta_model, step.sampler))
    torch.manual_seed(1)
    theta, eta = oracle.meta_gradients(step.model, *copies, (x, y), (x_meta, y_meta), **LAMBDAS, **merged)
    before = {name: p.detach().clone() for name, p in step.sampler.named_parameters()}
    torch.manual_seed(1)
    out = step(x, y, x_meta, y_meta)
    assert any(g.abs().max() > 0 for g in theta.values()), "the oracle's gradient is zero: nothing is tested"
    close(out.meta_grads, theta)
    close({name: before[name] - p.detach() for name, p in step.sampler.named_parameters()}, eta)


def close(ours, theirs):
    assert ours.keys() == theirs.keys()
    if theirs:
        a, b = (torch.cat([t.detach().flatten() for t in side.values()]) for side in (ours, theirs))
        # η's gradient is rounding alone where Σ r = K and no gate has credit.
        assert (a - b).norm() <= TOLERANCE * b.norm() + 1e-20


ALLOWED = [
    (meta_model, engine, schedule)
    for meta_model, engine, schedule in product(META_MODELS, ENGINES, ["paper", "merged"])
    if (engine != "ghost" or meta_model in WEIGHTING) and (schedule != "merged" or meta_model != "L2R")
]


@pytest.mark.parametrize("sampler", SAMPLERS)
@pytest.mark.parametrize(("meta_model", "engine", "schedule"), ALLOWED)
def test_gradients(meta_model, engine, schedule, sampler):
    step, batches = start(meta_model, sampler, engine, "nesterov" if schedule == "merged" else "sgd", schedule)
    if schedule == "merged":
        step(*batches[0])
    check(step, batches[1], schedule)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("clip", [None, 1e-2, 1e6])
@pytest.mark.parametrize("sampler", ["all", "last", "gumbel"])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_merged_with_every_optimizer(optimizer, sampler, clip, engine):
    """The optimizer's first step, a later one, with and without a gradient that is cut short."""
    step, batches = start("MW-Net", sampler, engine, optimizer, "merged", clip_norm=clip)
    for each in batches:
        check(step, each, "merged", clip)


@pytest.mark.parametrize(
    ("meta_model", "schedule"), sorted({(meta_model, schedule) for meta_model, _, schedule in ALLOWED})
)
def test_finite_difference_is_near(meta_model, schedule):
    """Approximate by name: the meta model's input is held fixed, only the logits are differenced."""
    step, batches = start(meta_model, "last", "finite difference", schedule=schedule)
    x, y, x_meta, y_meta = batches[0]
    rule = {"optimizer": step.optimizer} if schedule == "merged" else {"lr": 0.3}
    parts = copy.deepcopy((step.model, step.meta_model, step.sampler))
    theta, _ = oracle.meta_gradients(*parts, (x, y), (x_meta, y_meta), lambda_g=LAMBDAS["lambda_g"], **rule)
    out = step(*batches[0])
    ours, theirs = (torch.cat([t.flatten() for t in side.values()]) for side in (out.meta_grads, theta))
    assert 0 < (ours - theirs).norm() < 1e-2 * theirs.norm()


@pytest.mark.parametrize(
    ("meta_model", "engine", "options", "message"),
    [
        ("L2R", "pushforward", {"schedule": "merged"}, "belong to one batch"),
        ("L2R", "pushforward", {"every": 2}, "every: L2R has no weights"),
        ("MW-Net", "double backward", {"micro_batches": 2}, "needs the graph of the whole batch"),
        ("MW-Net", "ghost", {"micro_batches": 2}, "needs the graph of the whole batch"),
        ("MW-Net", "double backward", {"recompute": True}, "needs the graph of the whole batch"),
        ("MW-Net", "in micro-batches", {"recompute": True}, "recompute: expected False with micro_batches > 1"),
        ("MW-Net", "pushforward", {"schedule": "other"}, "schedule: expected one of"),
        ("MW-Net", "pushforward", {"every": 0}, "every: expected at least 1"),
        ("MW-Net", "pushforward", {"micro_batches": 0}, "micro_batches: expected at least 1"),
        ("MW-Net", "pushforward", {"clip_norm": 0.0}, "clip_norm: expected a positive number"),
    ],
)
def test_refused_when_made(meta_model, engine, options, message):
    with pytest.raises(ValueError, match=message):
        start(meta_model, "all", engine, **options)


@pytest.mark.parametrize(
    ("optimizer", "message"),
    [
        (torch.optim.RMSprop, "known for SGD, Adam, AdamW; got RMSprop"),
        (type("OwnSGD", (torch.optim.SGD,), {}), "got OwnSGD"),
    ],
)
def test_merged_knows_its_optimizers(optimizer, message):
    model = nn.Linear(3, CLASSES)
    with pytest.raises(ValueError, match=message):
        famus.MetaStep(model, optimizer(model.parameters(), lr=0.1), famus.MWNet(), schedule="merged")


def test_merged_refuses_a_hook_that_may_change_the_gradient():
    model = nn.Linear(3, CLASSES)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    optimizer.register_step_pre_hook(lambda *_: None)
    with pytest.raises(ValueError, match="a hook before it"):
        famus.MetaStep(model, optimizer, famus.MWNet(), schedule="merged")


@pytest.mark.parametrize(
    ("meta_model", "message"),
    [
        ("MLC", "MLC changes the losses themselves"),
        ("label correction", "LabelCorrection changes the losses themselves"),
        ("semi-supervised", "holds more"),
        ("own loss", "gives the loss of each example, Temperatures does not"),
    ],
)
def test_ghost_needs_weighted_losses(meta_model, message):
    step, batches = start(meta_model, "all", "ghost")
    before = copy.deepcopy(step.model.state_dict())
    with pytest.raises(ValueError, match=message):
        step(*batches[0])
    assert all(torch.equal(a, before[name]) for name, a in step.model.state_dict().items())
