"""MetaStep: the three phases, around any optimizer, with nothing touched that should not be."""

import copy

import pytest
import torch
from shared.networks import CLASSES, NETWORKS
from torch import nn
from torch.nn.functional import cross_entropy

import famus_ext as famus


def batches(inputs, steps=1, n=8, m=6):
    """Training and meta batches in float64."""
    return [
        (inputs(n), torch.randint(0, CLASSES, (n,)), inputs(m), torch.randint(0, CLASSES, (m,))) for _ in range(steps)
    ]


def build(name="wide residual", seed=0):
    torch.manual_seed(seed)
    network, inputs = NETWORKS[name]
    return network().double(), inputs


def by_hand(model, optimizer, meta_model, meta_optimizer, batch):
    """MW-Net as its authors write it: a virtual network, double backward, a second forward pass."""
    x, y, x_meta, y_meta = batch
    alpha = optimizer.param_groups[0]["lr"]
    buffers = {name: b.clone() for name, b in model.named_buffers()}
    weights = dict(model.named_parameters())
    losses = cross_entropy(torch.func.functional_call(model, buffers, (x,)), y, reduction="none")
    value = (meta_model.weigh(losses.detach()) * losses).mean()
    gradients = torch.autograd.grad(value, list(weights.values()), create_graph=True)
    moved = {n: w - alpha * g for (n, w), g in zip(weights.items(), gradients, strict=True)}
    meta_loss = cross_entropy(torch.func.functional_call(model, {**moved, **buffers}, (x_meta,)), y_meta)
    meta_optimizer.zero_grad()
    for p, g in zip(
        meta_model.parameters(), torch.autograd.grad(meta_loss, list(meta_model.parameters())), strict=True
    ):
        p.grad = g
    meta_optimizer.step()
    losses = cross_entropy(model(x), y, reduction="none")
    weight = meta_model.weigh(losses.detach()).detach()
    optimizer.zero_grad()
    (weight * losses).mean().backward()
    optimizer.step()


OPTIMIZERS = {
    "sgd": lambda w: torch.optim.SGD(w, lr=0.1, momentum=0.9, weight_decay=1e-3, nesterov=True),
    "adam": lambda w: torch.optim.Adam(w, lr=0.01),
    "adamw": lambda w: torch.optim.AdamW(w, lr=0.01),
    "rmsprop": lambda w: torch.optim.RMSprop(w, lr=0.01),
}


@pytest.mark.parametrize("engine", ["pushforward", "double_backward"])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_equals_the_step_by_hand(optimizer, engine):
    """Five steps: weights, θ and BatchNorm statistics."""
    model, inputs = build()
    meta_model = famus.MWNet(8).double()
    twin, meta_twin = copy.deepcopy(model), copy.deepcopy(meta_model)
    step = famus.MetaStep(
        model,
        OPTIMIZERS[optimizer](model.parameters()),
        meta_model,
        engine=engine,
        meta_optimizer=torch.optim.Adam(meta_model.parameters(), lr=0.05),
    )
    ours, theirs = OPTIMIZERS[optimizer](twin.parameters()), torch.optim.Adam(meta_twin.parameters(), lr=0.05)
    for batch in batches(inputs, steps=5):
        step(*batch)
        by_hand(twin, ours, meta_twin, theirs, batch)
    for left, right in ((model, twin), (meta_model, meta_twin)):
        for (name, a), b in zip(left.state_dict().items(), right.state_dict().values(), strict=True):
            torch.testing.assert_close(a, b, rtol=1e-8, atol=1e-10, msg=name)


def test_running_statistics_move_once_and_by_the_training_batch():
    model, inputs = build()
    twin = copy.deepcopy(model)
    step = famus.MetaStep(model, torch.optim.SGD(model.parameters(), lr=0.1), famus.MWNet().double())
    (batch,) = batches(inputs)
    step(*batch)
    twin(batch[0])
    for (name, a), b in zip(model.named_buffers(), twin.buffers(), strict=True):
        assert torch.equal(a, b), name


def test_l2r_weights():
    """Clipped and normalised meta gradient, as Ren et al. write it (Eq. 12 to 14)."""
    model, inputs = build("group norm")
    (batch,) = batches(inputs)
    x, y, x_meta, y_meta = batch
    weights = dict(model.named_parameters())
    epsilon = torch.zeros(len(x), dtype=torch.float64, requires_grad=True)
    value = (epsilon * cross_entropy(model(x), y, reduction="none")).sum()
    gradients = torch.autograd.grad(value, list(weights.values()), create_graph=True)
    moved = {n: w - 0.1 * g for (n, w), g in zip(weights.items(), gradients, strict=True)}
    meta_loss = cross_entropy(torch.func.functional_call(model, moved, (x_meta,)), y_meta)
    expected = (-torch.autograd.grad(meta_loss, epsilon)[0]).clamp(min=0)
    step = famus.MetaStep(model, torch.optim.SGD(model.parameters(), lr=0.1), famus.L2R())
    out = step(*batch)
    torch.testing.assert_close(out.weights, expected / expected.sum(), rtol=1e-9, atol=1e-12)
    assert out.weights.sum().item() == pytest.approx(1)
    assert (out.weights == 0).any()


def test_l2r_when_no_example_helps():
    """All weights are zero, not NaN, and the network stays."""
    meta_model = famus.L2R()
    meta_model.begin(torch.zeros(4, 2), torch.zeros(4))
    meta_model.meta_update({"epsilon": torch.ones(4)})
    assert torch.equal(meta_model.epsilon, torch.zeros(4))


@pytest.mark.parametrize("sampler", ["last", "gumbel"])
@pytest.mark.parametrize("meta_model", ["mwnet", "l2r"])
def test_output(meta_model, sampler):
    model, inputs = build()
    gates = famus.LastLayers(2) if sampler == "last" else famus.GumbelSampler(model, 2).double()
    meta = famus.MWNet().double() if meta_model == "mwnet" else famus.L2R()
    step = famus.MetaStep(model, torch.optim.SGD(model.parameters(), lr=0.1), meta, gates)
    (batch,) = batches(inputs)
    eta = copy.deepcopy(gates.state_dict())
    out = step(*batch)
    assert out.weights.shape == (8,)
    assert out.gates.shape == (len(step.layers),)
    assert set(out.gates.tolist()) <= {0.0, 1.0}
    assert out.logits.shape == (8, CLASSES)
    assert not any(t.requires_grad for t in (out.loss, out.meta_loss, out.weights, out.gates, out.logits))
    if sampler == "gumbel":
        assert any(not torch.equal(eta[name], value) for name, value in gates.state_dict().items())


def test_learning_rates_of_groups_and_schedules():
    """α is each group's learning rate of the moment: the second step equals a fresh one at that rate."""
    model, inputs = build("group norm")
    names = dict(model.named_parameters())
    groups = [{"params": [p for n, p in names.items() if "bias" not in n], "lr": 0.2}]
    groups += [{"params": [p for n, p in names.items() if "bias" in n], "lr": 0.05}]
    optimizer = torch.optim.SGD(groups, lr=1.0)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 1, gamma=0.5)
    step = famus.MetaStep(model, optimizer, famus.MWNet(8).double())
    first, second = batches(inputs, steps=2)
    step(*first)
    scheduler.step()
    rates = {name: 0.025 if "bias" in name else 0.1 for name in names}
    expected = famus.sampled_meta_grad(model, step.meta_model, second[:2], second[2:], lr=rates)
    out = step(*second)
    for name, grad in expected.grads.items():
        assert torch.equal(out.meta_grads[name], grad)


def test_sampler_learns_the_number_of_layers():
    """L_r alone drives Σ r to K."""
    model, inputs = build("wide residual")
    sampler = famus.GumbelSampler(model, 2).double()
    step = famus.MetaStep(model, torch.optim.SGD(model.parameters(), lr=0.01), famus.MWNet().double(), sampler)
    counts = [step(*batch).gates.sum().item() for batch in batches(inputs, steps=80)]
    assert abs(sum(counts[-30:]) / 30 - 2) < 0.75
    assert sum(counts[:5]) / 5 > 2.75


def test_state_restores_the_run():
    def start():
        model, inputs = build()
        sampler = famus.GumbelSampler(model, 2).double()
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
        return famus.MetaStep(model, optimizer, famus.MWNet(8).double(), sampler), inputs

    step, inputs = start()
    steps = batches(inputs, steps=4)
    for batch in steps[:2]:
        step(*batch)
    saved = copy.deepcopy((step.model.state_dict(), step.optimizer.state_dict(), step.state_dict()))
    torch.manual_seed(5)
    unbroken = [step(*batch).loss.item() for batch in steps[2:]]
    other, _ = start()
    other.model.load_state_dict(saved[0])
    other.optimizer.load_state_dict(saved[1])
    other.load_state_dict(saved[2])
    torch.manual_seed(5)
    assert [other(*batch).loss.item() for batch in steps[2:]] == unbroken
    with pytest.raises(ValueError, match="state: expected the entries"):
        famus.MetaStep(step.model, step.optimizer, famus.L2R()).load_state_dict(saved[2])


def test_frozen_and_foreign_parameters_stay():
    model, inputs = build("frozen layers")
    held = [p for name, p in model.named_parameters() if p.requires_grad and not name.startswith("1.")]
    before = copy.deepcopy(model.state_dict())
    step = famus.MetaStep(model, torch.optim.SGD(held, lr=0.1), famus.MWNet().double())
    step(*batches(inputs)[0])
    moved = {name for name, p in model.named_parameters() if not torch.equal(p, before[name])}
    assert moved == {"3.weight", "6.weight", "6.bias"}


@pytest.mark.parametrize("part", ["model", "optimizer", "meta_model", "sampler", "meta_optimizer", "sampler_optimizer"])
def test_a_part_is_not_exchanged_unseen(part):
    """What has been checked together is used together: assigning to one would otherwise change nothing."""
    model, _ = build()
    step = famus.MetaStep(model, torch.optim.SGD(model.parameters(), lr=0.1), famus.MWNet(8))
    before = getattr(step, part)
    with pytest.raises(AttributeError, match=part):
        setattr(step, part, None)
    assert getattr(step, part) is before


def test_own_meta_model():
    """A plain module from logits and targets to a scalar."""

    class Temperature(nn.Module):
        def __init__(self):
            super().__init__()
            self.log_t = nn.Parameter(torch.zeros(CLASSES, dtype=torch.float64))

        def forward(self, logits, targets):
            return cross_entropy(logits * self.log_t.exp(), targets)

    model, inputs = build()
    (batch,) = batches(inputs)
    meta = Temperature()
    fast, exact = (
        famus.sampled_meta_grad(model, meta, batch[:2], batch[2:], lr=0.2, engine=engine)
        for engine in ("pushforward", "double_backward")
    )
    torch.testing.assert_close(fast.grads["log_t"], exact.grads["log_t"], rtol=1e-10, atol=1e-13)
    assert fast.weights is None
    assert fast.sample_dots is None
    out = famus.MetaStep(model, torch.optim.SGD(model.parameters(), lr=0.2), meta)(*batch)
    assert out.weights is None
    assert meta.log_t.abs().max() > 0


@pytest.mark.parametrize("where", ["x", "x_meta", "loss"])
def test_not_finite(where):
    """The network, its running statistics, θ and η are as before; the message says what was seen."""
    model, inputs = build()
    sampler, meta_model = famus.GumbelSampler(model, 2).double(), famus.MWNet().double()
    step = famus.MetaStep(model, torch.optim.SGD(model.parameters(), lr=0.1), meta_model, sampler)
    (batch,) = batches(inputs)
    x, y, x_meta, y_meta = batch
    if where == "x":
        x[0, 0, 0, 0] = torch.nan
    elif where == "x_meta":
        x_meta[0, 0, 0, 0] = torch.inf
    else:
        with torch.no_grad():
            model[-1].bias[0] = torch.inf
    before = copy.deepcopy([part.state_dict() for part in (model, sampler, meta_model)])
    seen = "the meta loss" if where == "x_meta" else "the training loss"
    with pytest.raises(famus.NonFiniteError, match=seen):
        step(x, y, x_meta, y_meta)
    for part, old in zip((model, sampler, meta_model), before, strict=True):
        for name, value in part.state_dict().items():
            assert torch.equal(value, old[name]), name


def test_gradient_that_overflows_does_not_reach_the_weights():
    """A finite loss with an infinite gradient."""

    class Overflow(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x.clone()

        @staticmethod
        def backward(ctx, grad):
            return grad * (torch.inf if Overflow.armed else 1)

    class Net(nn.Linear):
        def forward(self, x):
            return Overflow.apply(super().forward(x))

    torch.manual_seed(0)
    Overflow.armed = False
    model = Net(6, CLASSES).double()
    step = famus.MetaStep(model, torch.optim.SGD(model.parameters(), lr=0.1), famus.MWNet().double())
    (batch,) = batches(lambda n: torch.randn(n, 6, dtype=torch.float64))
    step(*batch)
    before = copy.deepcopy(model.state_dict())
    step.meta_optimizer.register_step_post_hook(lambda *_: setattr(Overflow, "armed", True))
    with pytest.raises(famus.NonFiniteError, match="the gradient of weight"):
        step(*batch)
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert all(p.grad is None for p in model.parameters())
