"""The merged schedule: the optimizer's own step, and the gradient through it."""

import copy

import pytest
import torch
from shared.networks import CLASSES, NETWORKS
from torch.nn.functional import cross_entropy
from torch.utils.checkpoint import checkpoint

import famus_ext as famus

OPTIMIZERS = {
    "momentum": lambda w: torch.optim.SGD(w, lr=0.1, momentum=0.9, weight_decay=1e-3),
    "nesterov": lambda w: torch.optim.SGD(w, lr=0.1, momentum=0.9, weight_decay=1e-3, nesterov=True),
    # This one writes to the gradients it is given.
    "nesterov, all tensors at once": lambda w: torch.optim.SGD(w, lr=0.1, momentum=0.9, nesterov=True, foreach=True),
    "adam": lambda w: torch.optim.Adam(w, lr=0.01, weight_decay=1e-2),
    "adamw": lambda w: torch.optim.AdamW(w, lr=0.01),
    "adamw, one tensor at a time": lambda w: torch.optim.AdamW(w, lr=0.01, foreach=False),
    "adam, fused": lambda w: torch.optim.Adam(w, lr=0.01, fused=True),
}


def build(name="wide residual", dtype=torch.float64):
    torch.manual_seed(0)
    network, inputs = NETWORKS[name]
    return network().to(dtype), famus.MWNet(8).to(dtype), lambda n: inputs(n).to(dtype)


def batch(inputs):
    return inputs(8), torch.randint(0, CLASSES, (8,)), inputs(6), torch.randint(0, CLASSES, (6,))


def plain_step(model, optimizer, meta_model, x, y, clip):
    """What a user's own loop does with example weights."""
    optimizer.zero_grad()
    losses = cross_entropy(model(x), y, reduction="none")
    (meta_model.weigh(losses.detach()).detach() * losses).mean().backward()
    if clip is not None:
        torch.nn.utils.clip_grad_norm_(model.parameters(), clip)
    optimizer.step()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize("clip", [None, 0.3])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_fifty_steps_are_the_optimizers_bit_for_bit(optimizer, clip, dtype):
    """At meta rate 0; weights, buffers and the optimizer's state."""
    model, meta_model, inputs = build(dtype=dtype)
    twin = copy.deepcopy(model)
    ours, theirs = (OPTIMIZERS[optimizer](m.parameters()) for m in (model, twin))
    frozen = torch.optim.SGD(meta_model.parameters(), lr=0.0)
    step = famus.MetaStep(model, ours, meta_model, schedule="merged", clip_norm=clip, meta_optimizer=frozen)
    for _ in range(50):
        x, y, x_meta, y_meta = batch(inputs)
        step(x, y, x_meta, y_meta)
        plain_step(twin, theirs, meta_model, x, y, clip)
    for (name, a), b in zip(model.state_dict().items(), twin.state_dict().values(), strict=True):
        assert torch.equal(a, b), name
    for a, b in zip(ours.state.values(), theirs.state.values(), strict=True):
        for name, value in a.items():
            assert value is b[name] or torch.equal(value, b[name]), name


@pytest.mark.parametrize("clip", [None, 0.05])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_against_finite_differences_in_theta(optimizer, clip):
    """d L_c(w_{t+1}(θ)) / dθ after three steps, along a random direction for each of θ's tensors."""
    model, meta_model, inputs = build()
    make = OPTIMIZERS[optimizer]
    frozen = torch.optim.SGD(meta_model.parameters(), lr=0.0)
    trained = make(model.parameters())
    step = famus.MetaStep(model, trained, meta_model, schedule="merged", clip_norm=clip, meta_optimizer=frozen)
    for _ in range(3):
        step(*batch(inputs))
    x, y, x_meta, y_meta = batch(inputs)
    before = copy.deepcopy((model.state_dict(), trained.state_dict()))

    def meta_loss():
        twin = copy.deepcopy(model)
        optimizer_of_twin = make(twin.parameters())
        twin.load_state_dict(before[0])
        optimizer_of_twin.load_state_dict(copy.deepcopy(before[1]))
        plain_step(twin, optimizer_of_twin, meta_model, x, y, clip)
        return cross_entropy(twin(x_meta), y_meta).item()

    slopes, directions = {}, {}
    for name, theta in meta_model.named_parameters():
        directions[name] = torch.randn_like(theta)
        sides = []
        for length in (1e-4, -2e-4):
            with torch.no_grad():
                theta += length * directions[name]
            sides.append(meta_loss())
        with torch.no_grad():
            theta += 1e-4 * directions[name]
        slopes[name] = (sides[0] - sides[1]) / 2e-4
    grads = step(x, y, x_meta, y_meta).meta_grads
    for name, slope in slopes.items():
        assert float((grads[name] * directions[name]).sum()) == pytest.approx(slope, rel=1e-5)


def test_output_is_of_the_theta_that_trained():
    model, meta_model, inputs = build()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    step = famus.MetaStep(
        model,
        optimizer,
        meta_model,
        schedule="merged",
        meta_optimizer=torch.optim.SGD(meta_model.parameters(), lr=10.0),
    )
    x, y, x_meta, y_meta = batch(inputs)
    before = copy.deepcopy(meta_model)
    out = step(x, y, x_meta, y_meta)
    expected = before(out.logits, y)
    torch.testing.assert_close(out.weights, expected.weights.detach())
    torch.testing.assert_close(out.loss, expected.value.detach())
    assert not torch.allclose(meta_model.weigh(expected.losses.detach()), out.weights), "θ has moved"


def test_a_parameter_without_a_gradient_stays():
    """Not in the optimizer, or never reached by the loss: torch leaves both, weight decay and momentum included."""
    torch.manual_seed(0)
    model, inputs = NETWORKS["unused layer"][0]().double(), NETWORKS["unused layer"][1]
    held = [p for name, p in model.named_parameters() if name != "head.bias"]
    optimizer = torch.optim.SGD(held, lr=0.1, momentum=0.9, weight_decay=0.1)
    before = copy.deepcopy(model.state_dict())
    step = famus.MetaStep(model, optimizer, famus.MWNet(8).double(), schedule="merged")
    for _ in range(2):
        step(*batch(inputs))
    moved = {name for name, value in model.state_dict().items() if not torch.equal(value, before[name])}
    assert moved == {"body.weight", "body.bias", "head.weight"}


def test_learning_rates_and_settings_of_groups():
    """Every group has its own rate, and a schedule moves them."""
    model, meta_model, inputs = build("group norm")
    twin = copy.deepcopy(model)
    frozen = torch.optim.SGD(meta_model.parameters(), lr=0.0)

    def grouped(m):
        names = dict(m.named_parameters())
        groups = [{"params": [p for n, p in names.items() if "bias" in n], "lr": 0.05, "weight_decay": 0.0}]
        groups += [{"params": [p for n, p in names.items() if "bias" not in n], "momentum": 0.5}]
        optimizer = torch.optim.SGD(groups, lr=0.2, momentum=0.9, weight_decay=1e-2)
        return optimizer, torch.optim.lr_scheduler.StepLR(optimizer, 1, gamma=0.5)

    ours, theirs = grouped(model), grouped(twin)
    step = famus.MetaStep(model, ours[0], meta_model, schedule="merged", meta_optimizer=frozen)
    for _ in range(4):
        x, y, x_meta, y_meta = batch(inputs)
        step(x, y, x_meta, y_meta)
        plain_step(twin, theirs[0], meta_model, x, y, None)
        ours[1].step()
        theirs[1].step()
    assert all(torch.equal(a, b) for a, b in zip(model.parameters(), twin.parameters(), strict=True))


def test_a_gradient_that_is_not_finite_does_not_reach_the_weights():
    model, meta_model, inputs = build()
    step = famus.MetaStep(model, torch.optim.Adam(model.parameters()), meta_model, schedule="merged")
    x, y, x_meta, y_meta = batch(inputs)
    step(x, y, x_meta, y_meta)
    before = copy.deepcopy([part.state_dict() for part in (model, meta_model)])
    x[0, 0, 0, 0] = torch.nan
    with pytest.raises(famus.NonFiniteError, match=r"the gradient of 0\.weight"):
        step(x, y, x_meta, y_meta)
    for part, old in zip((model, meta_model), before, strict=True):
        assert all(torch.equal(value, old[name]) for name, value in part.state_dict().items())


def test_a_meta_loss_that_is_not_finite_leaves_theta():
    model, meta_model, inputs = build()
    step = famus.MetaStep(model, torch.optim.Adam(model.parameters()), meta_model, schedule="merged")
    x, y, x_meta, y_meta = batch(inputs)
    before = copy.deepcopy(meta_model.state_dict())
    x_meta[0, 0, 0, 0] = torch.inf
    with pytest.raises(famus.NonFiniteError, match="the meta loss"):
        step(x, y, x_meta, y_meta)
    assert all(torch.equal(value, before[name]) for name, value in meta_model.state_dict().items())
    assert all(p.isfinite().all() for p in model.parameters())


@pytest.mark.parametrize("name", NETWORKS)
def test_every_network_on_stand_ins(name):
    """The forward pass is recorded on copies of the parameters: shared, frozen and reparametrised ones as well."""
    torch.manual_seed(0)
    network, inputs = NETWORKS[name]
    model = network().double()
    data = batch(inputs)
    outputs, weights = [], []
    for engine in ("pushforward", "double_backward"):
        parts = copy.deepcopy((model, famus.MWNet(8).double()))
        torch.manual_seed(1)
        for p in parts[1].parameters():
            torch.nn.init.normal_(p)
        optimizer = torch.optim.SGD(parts[0].parameters(), lr=0.3, momentum=0.9)
        step = famus.MetaStep(parts[0], optimizer, parts[1], schedule="merged", engine=engine)
        torch.manual_seed(2)
        outputs.append([step(*data) for _ in range(2)][-1])
        weights.append(torch.cat([p.detach().flatten() for p in parts[0].parameters()]))
    fast, exact = (torch.cat([g.flatten() for g in out.meta_grads.values()]) for out in outputs)
    assert exact.norm() > 0
    assert (fast - exact).norm() <= 1e-10 * exact.norm()
    torch.testing.assert_close(*weights, rtol=1e-12, atol=1e-12)


def test_a_checkpointed_block_runs_again_with_the_old_weights():
    """After the step; against the same block without a checkpoint."""

    class Checkpointed(torch.nn.Module):
        def __init__(self, body, checkpointed):
            super().__init__()
            self.body, self.checkpointed = body, checkpointed

        def forward(self, x):
            return checkpoint(self.body, x, use_reentrant=False) if self.checkpointed else self.body(x)

    torch.manual_seed(0)
    network, inputs = NETWORKS["group norm"]
    body, data = network().double(), batch(inputs)
    grads = []
    for engine, checkpointed in (("pushforward", False), ("pushforward", True), ("ghost", True)):
        torch.manual_seed(1)
        model, meta_model = Checkpointed(copy.deepcopy(body), checkpointed), famus.MWNet(8).double()
        optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
        step = famus.MetaStep(model, optimizer, meta_model, schedule="merged", engine=engine)
        grads.append(step(*data).meta_grads["net.0.weight"])
    assert grads[0].abs().max() > 0
    torch.testing.assert_close(grads[1], grads[0], rtol=1e-10, atol=1e-14)
    torch.testing.assert_close(grads[2], grads[0], rtol=1e-10, atol=1e-14)


def test_a_hook_that_comes_later_is_refused():
    model, meta_model, inputs = build()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    step = famus.MetaStep(model, optimizer, meta_model, schedule="merged")
    handle = optimizer.register_step_pre_hook(lambda *_: None)
    with pytest.raises(ValueError, match="a hook before it"):
        step(*batch(inputs))
    handle.remove()
    step(*batch(inputs))
