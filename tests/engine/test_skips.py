"""Steps that are not finite are left out and counted; too many in a row are an error."""

import copy

import pytest
import torch
from shared.networks import CLASSES, NETWORKS

import famus_ext as famus

SCHEDULES = {"paper": {}, "merged": {"schedule": "merged"}, "without a meta step": {"every": 5}}


def build(**options):
    torch.manual_seed(0)
    network, inputs = NETWORKS["wide residual"]
    model, meta_model = network().double(), famus.MWNet(8).double()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    sampler = famus.GumbelSampler(model, 2).double()
    step = famus.MetaStep(model, optimizer, meta_model, sampler, **options)
    return step, lambda: (inputs(8), torch.randint(0, CLASSES, (8,)), inputs(7), torch.randint(0, CLASSES, (7,)))


def damaged(batch, argument="x"):
    changed = [tensor.clone() for tensor in batch]
    changed[{"x": 0, "x_meta": 2}[argument]][0, 0, 0, 0] = torch.nan
    return changed


def state(step):
    parts = (step.model, step.optimizer, step.meta_model, step.sampler, step.meta_optimizer, step.sampler_optimizer)
    return copy.deepcopy([part.state_dict() for part in parts])


@pytest.mark.parametrize("options", SCHEDULES.values(), ids=SCHEDULES)
def test_a_skipped_step_leaves_everything_as_it_was(options):
    step, batch = build(max_skips=2, **options)
    step(*batch())
    before = state(step)
    out = step(*damaged(batch()))
    torch.testing.assert_close(state(step), before, rtol=0, atol=0)
    assert "is not finite" in out.skipped
    assert step.iteration == 2
    assert step.skips.total == 1


def test_its_output_claims_nothing():
    step, batch = build(max_skips=1)
    out = step(*damaged(batch()))
    assert out.loss.isnan()
    assert out.loss.dim() == 0
    assert out.logits.shape == (0,)
    assert (out.meta_loss, out.weights, out.sample_dots, out.meta_grads) == (None, None, None, {})
    assert out.gates.tolist() == [0.0] * len(step.layers)
    assert step(*batch()).skipped is None


def test_training_goes_on_as_if_the_batch_had_not_been_there():
    step, batch = build(max_skips=1)
    other, _ = build(max_skips=1)
    torch.manual_seed(1)
    good = [batch() for _ in range(2)]
    for current, batches in ((step, [good[0], damaged(good[1], "x_meta"), good[1]]), (other, good)):
        for one in batches:
            torch.manual_seed(2)  # the draws of a skipped step's gates are not put back
            current(*one)
    torch.testing.assert_close(state(step), state(other), rtol=0, atol=0)


def test_a_meta_loss_that_is_not_finite_leaves_theta_and_eta_in_the_merged_schedule():
    step, batch = build(max_skips=1, schedule="merged")
    before = copy.deepcopy([part.state_dict() for part in (step.meta_model, step.sampler)])
    out = step(*damaged(batch(), "x_meta"))
    assert "the meta loss" in out.skipped
    torch.testing.assert_close([part.state_dict() for part in (step.meta_model, step.sampler)], before)
    assert all(p.isfinite().all() for p in step.model.parameters())


def test_too_many_in_a_row_are_an_error_that_says_what_was_seen():
    step, batch = build(max_skips=2)
    bad = damaged(batch())
    step(*bad)
    step(*bad)
    with pytest.raises(famus.NonFiniteError, match=r"^after 2 skipped in a row: the training loss is not finite"):
        step(*bad)
    assert step.skips.total == 2


def test_a_step_that_is_taken_ends_the_row():
    step, batch = build(max_skips=1)
    for _ in range(3):
        assert step(*damaged(batch())).skipped
        assert step(*batch()).skipped is None
    assert (step.skips.total, step.skips.in_a_row) == (3, 0)


def test_nothing_is_skipped_unless_asked_for():
    step, batch = build()
    with pytest.raises(famus.NonFiniteError, match=r"^the training loss is not finite"):
        step(*damaged(batch()))
    assert (step.iteration, step.skips.total) == (0, 0)


def test_both_counts_are_part_of_the_state():
    step, batch = build(max_skips=2)
    step(*damaged(batch()))
    other, _ = build(max_skips=2)
    other.load_state_dict(step.state_dict())
    assert (other.skips.total, other.skips.in_a_row) == (1, 1)


@pytest.mark.parametrize(("value", "error"), [(-1, ValueError), (1.0, TypeError), (True, TypeError), (None, TypeError)])
def test_max_skips_is_a_count(value, error):
    with pytest.raises(error, match="max_skips: expected"):
        build(max_skips=value)


ENGINES = ["pushforward", "ghost", "ghost_approximate", "double_backward", "finite_difference"]
META_MODELS = {"mwnet": lambda: famus.MWNet(8), "l2r": famus.L2R, "mlc": lambda: famus.MLC(3)}
# Ghost products need a meta model that weights examples.
COMBINATIONS = [(e, m) for e in ENGINES for m in META_MODELS if not (e.startswith("ghost") and m == "mlc")]
SAMPLERS = [lambda model: famus.GumbelSampler(model, 1), lambda model: famus.Threshold(0.5)]


def steep(logits, targets):
    """A meta loss that is finite, with a gradient that is not."""
    return famus.cross_entropy(logits, targets) + (0 * logits).sqrt().sum(1)


@pytest.mark.parametrize("where", ["x", "x_meta", "u"])
@pytest.mark.parametrize(("engine", "meta_model"), COMBINATIONS)
@pytest.mark.parametrize("sampler", SAMPLERS, ids=["gumbel", "threshold"])
def test_every_engine_skips_whatever_is_not_finite(sampler, engine, meta_model, where):
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.Tanh(), torch.nn.Linear(8, 3)).double()
    step = famus.MetaStep(
        model,
        torch.optim.SGD(model.parameters(), lr=0.1),
        META_MODELS[meta_model]().double(),
        sampler(model).double(),
        engine=engine,
        meta_loss=steep if where == "u" else famus.cross_entropy,
        max_skips=1,
    )
    batch = [torch.randn(6, 4).double(), torch.arange(6) % 3, torch.randn(5, 4).double(), torch.arange(5) % 3]
    if where != "u":
        batch[{"x": 0, "x_meta": 2}[where]][1, 1] = torch.nan
    before = copy.deepcopy([model.state_dict(), step.meta_model.state_dict(), step.sampler.state_dict()])
    assert "is not finite" in step(*batch).skipped
    after = [model.state_dict(), step.meta_model.state_dict(), step.sampler.state_dict()]
    torch.testing.assert_close(after, before, rtol=0, atol=0)


class Breaks(torch.autograd.Function):
    """The identity, whose backward can be made to give NaN."""

    @staticmethod
    def forward(ctx, x, broken):
        ctx.broken = broken
        return x.clone()

    @staticmethod
    def backward(ctx, grad):
        return grad * (torch.nan if ctx.broken else 1.0), None


class Breakable(torch.nn.Module):
    broken = False

    def forward(self, x):
        return Breaks.apply(x, self.broken)


def test_gradients_that_the_optimizer_does_not_hold_do_not_outlive_a_step():
    torch.manual_seed(0)
    middle = Breakable()
    model = torch.nn.Sequential(torch.nn.Linear(6, 8), middle, torch.nn.Linear(8, CLASSES)).double()
    optimizer = torch.optim.SGD(model[2].parameters(), lr=0.0)
    step = famus.MetaStep(model, optimizer, famus.MWNet(8).double(), every=9, max_skips=1)
    step.iteration = 1
    batch = torch.randn(4, 6, dtype=torch.float64), torch.randint(0, CLASSES, (4,))
    step(*batch)
    first = model[0].weight.grad.clone()
    middle.broken = True
    assert "the gradient of 0.weight" in step(*batch).skipped
    middle.broken = False
    assert step(*batch).skipped is None
    torch.testing.assert_close(model[0].weight.grad, first)


def test_a_loss_that_is_not_finite_counts_where_its_gradient_is():
    step, batch = build(max_skips=1, every=5)
    step(*batch())
    step.meta_model.forward = lambda logits, targets: logits.sum() + torch.inf
    before = state(step)
    assert "the training loss" in step(*batch()).skipped
    torch.testing.assert_close(state(step)[0], before[0], rtol=0, atol=0)
