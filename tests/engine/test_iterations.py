"""A meta step every few iterations, gradients cut to a length, batches in parts."""

import copy

import pytest
import torch
from shared.networks import CLASSES, NETWORKS
from torch import nn
from torch.nn.functional import cross_entropy

import famus_ext as famus


def build(name="wide residual", **options):
    torch.manual_seed(0)
    network, inputs = NETWORKS[name]
    model, meta_model = network().double(), famus.MWNet(8).double()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    options = {"meta_optimizer": torch.optim.SGD(meta_model.parameters(), lr=1.0), **options}
    step = famus.MetaStep(model, optimizer, meta_model, **options)
    batches = [
        (inputs(8), torch.randint(0, CLASSES, (8,)), inputs(7), torch.randint(0, CLASSES, (7,))) for _ in range(6)
    ]
    return step, batches


def same(left, right, tolerance=1e-12):
    for (name, a), b in zip(left.state_dict().items(), right.state_dict().values(), strict=True):
        torch.testing.assert_close(a, b, rtol=tolerance, atol=tolerance, msg=name)


@pytest.mark.parametrize("schedule", ["paper", "merged"])
def test_meta_step_every_third_iteration(schedule):
    """The others train with the weights of the θ at hand, and need no meta batch."""
    step, batches = build(every=3, schedule=schedule)
    twin, meta_twin = copy.deepcopy((step.model, step.meta_model))
    optimizer = torch.optim.SGD(twin.parameters(), lr=0.1, momentum=0.9)
    reference = famus.MetaStep(
        twin, optimizer, meta_twin, schedule=schedule, meta_optimizer=torch.optim.SGD(meta_twin.parameters(), lr=1.0)
    )
    for iteration, (x, y, x_meta, y_meta) in enumerate(batches):
        assert step.meta_step_is_next == (iteration % 3 == 0)
        if iteration % 3 == 0:
            out = step(x, y, x_meta, y_meta)
            reference(x, y, x_meta, y_meta)
            assert out.meta_loss is not None
            assert out.meta_grads.keys() == dict(step.meta_model.named_parameters()).keys()
        else:
            out = step(x, y)
            optimizer.zero_grad()
            loss = meta_twin(twin(x), y)
            loss.value.backward(inputs=list(twin.parameters()))
            optimizer.step()
            assert (out.meta_loss, out.sample_dots, out.meta_grads) == (None, None, {})
            assert out.gates.tolist() == [0.0] * len(step.layers)
            torch.testing.assert_close(out.weights, loss.weights.detach())
            torch.testing.assert_close(out.loss, loss.value.detach())
        same(step.model, twin)
        same(step.meta_model, meta_twin)


def test_the_count_of_iterations_is_part_of_the_state():
    step, batches = build(every=3)
    step(*batches[0])
    other, _ = build(every=3)
    other.load_state_dict(step.state_dict())
    assert not other.meta_step_is_next


@pytest.mark.parametrize("engine", ["pushforward", "double_backward"])
def test_clipping_is_of_the_actual_gradient(engine):
    """The virtual step of the paper's schedule is Eq. 3's, whatever the optimizer is given."""
    step, batches = build(engine=engine, clip_norm=0.05)
    unclipped, _ = build(engine=engine)
    x, y, x_meta, y_meta = batches[0]
    out, expected = step(x, y, x_meta, y_meta), unclipped(x, y, x_meta, y_meta)
    for name, gradient in expected.meta_grads.items():
        assert torch.equal(out.meta_grads[name], gradient)
    norm = torch.stack([p.grad.square().sum() for p in step.model.parameters()]).sum().sqrt()
    assert norm.item() == pytest.approx(0.05, rel=1e-4)
    whole = torch.stack([p.grad.square().sum() for p in unclipped.model.parameters()]).sum().sqrt()
    assert whole > 0.1


@pytest.mark.parametrize("schedule", ["paper", "merged"])
@pytest.mark.parametrize("parts", [2, 3, 8, 100])
@pytest.mark.parametrize("meta_model", ["mwnet", "normalised", "l2r", "semi-supervised"])
def test_parts_are_the_whole(meta_model, parts, schedule):
    """Also where the loss of one example depends on the others', through normalised weights or a penalty."""
    if meta_model == "l2r" and schedule == "merged":
        pytest.skip("L2R has no merged schedule")
    make = {
        "mwnet": lambda: famus.MWNet(8),
        "normalised": lambda: famus.MWNet(8, normalised=True),
        "l2r": famus.L2R,
        "semi-supervised": lambda: famus.SemiSupervised(famus.MWNet(8), 3, 2.0),
    }[meta_model]
    steps = []
    for micro_batches in (1, parts):
        torch.manual_seed(0)
        network, inputs = NETWORKS["group norm"]
        model, meta = network().double(), make().double()
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
        steps.append(famus.MetaStep(model, optimizer, meta, schedule=schedule, micro_batches=micro_batches, every=1))
    for _ in range(3):
        y = torch.randint(0, CLASSES, (8,))
        targets = (y, torch.randn(8, CLASSES).double().softmax(1)) if meta_model == "semi-supervised" else y
        batch = inputs(8), targets, inputs(7), torch.randint(0, CLASSES, (7,))
        whole, parted = (step(*batch) for step in steps)
        torch.testing.assert_close(parted.loss, whole.loss)
        torch.testing.assert_close(parted.meta_loss, whole.meta_loss)
        torch.testing.assert_close(parted.weights, whole.weights, rtol=1e-9, atol=1e-12)
    same(steps[1].model, steps[0].model, 1e-9)
    same(steps[1].meta_model, steps[0].meta_model, 1e-9)


def test_parts_of_inputs_by_keyword_and_without_a_meta_step():
    class Scaled(nn.Module):
        def __init__(self, body):
            super().__init__()
            self.body = body

        def forward(self, pixels, *, scale, flags):
            assert flags == ("kept",)
            return self.body(pixels * scale.view(-1, 1, 1, 1))

    def start(micro_batches):
        torch.manual_seed(0)
        model, meta_model = Scaled(NETWORKS["group norm"][0]()).double(), famus.MWNet(8).double()
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        return famus.MetaStep(model, optimizer, meta_model, every=2, micro_batches=micro_batches)

    inputs = NETWORKS["group norm"][1]
    whole, parted = start(1), start(3)
    for _ in range(2):
        x, x_meta = ({"pixels": inputs(n), "scale": torch.rand(n).double(), "flags": ("kept",)} for n in (8, 6))
        y, y_meta = torch.randint(0, CLASSES, (8,)), torch.randint(0, CLASSES, (6,))
        whole(x, y, x_meta, y_meta)
        parted(x, y, x_meta, y_meta)
    same(parted.model, whole.model, 1e-10)


@pytest.mark.parametrize("name", ["wide residual", "dropout"])
def test_parts_draw_and_count_as_plain_accumulation_does(name):
    """One pass over the parts moves running statistics and draws dropout masks; the passes after it repeat it."""
    step, batches = build(name, micro_batches=4)
    twin = copy.deepcopy(step.model)
    x, y, x_meta, y_meta = batches[0]
    torch.manual_seed(5)
    out = step(x, y, x_meta, y_meta)
    torch.manual_seed(5)
    with torch.no_grad():
        logits = torch.cat([twin(part) for part in x.split(2)])
    torch.testing.assert_close(out.logits, logits)
    for (name, a), b in zip(step.model.named_buffers(), twin.buffers(), strict=True):
        torch.testing.assert_close(a, b, msg=name)
    losses = cross_entropy(out.logits, y, reduction="none")
    torch.testing.assert_close(out.weights, step.meta_model.weigh(losses).detach())


def test_parts_need_something_to_cut():
    class Constant(nn.Linear):
        def forward(self, count):
            return super().forward(torch.ones(count, 6, dtype=torch.float64))

    model = Constant(6, CLASSES).double()
    step = famus.MetaStep(model, torch.optim.SGD(model.parameters(), lr=0.1), famus.MWNet().double(), micro_batches=2)
    with pytest.raises(TypeError, match="x: expected a tensor among the inputs"):
        step(4, torch.zeros(4, dtype=torch.int64), 3, torch.zeros(3, dtype=torch.int64))


@pytest.mark.parametrize("damage", ["x", "y"])
def test_a_bad_batch_without_a_meta_step_leaves_no_trace(damage):
    step, batches = build(every=2)
    step(*batches[0])
    before = copy.deepcopy(step.model.state_dict())
    x, y = batches[1][:2]
    if damage == "x":
        x[0, 0, 0, 0] = torch.nan
    else:
        y[0] = 99
    with pytest.raises((famus.NonFiniteError, ValueError)):
        step(x, y)
    assert all(torch.equal(value, before[name]) for name, value in step.model.state_dict().items())
