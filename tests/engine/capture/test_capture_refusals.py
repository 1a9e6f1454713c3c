"""What a captured step is refused with, when it is made and when it is taken."""

import pytest
import torch
from shared.tape import on_tape
from torch import nn

import famus_ext as famus
from famus_ext.engine.capture.conditions import check_conditions, conditions

N, M, C = 6, 4, 3


def network():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(5, 4), nn.BatchNorm1d(4), nn.ReLU(), nn.Linear(4, C))


def make(model=None, meta_model=None, **arguments):
    model = network() if model is None else model
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    return famus.MetaStep(model, optimizer, famus.MWNet(8) if meta_model is None else meta_model, **arguments)


DEFERRED = famus.DeferredReweighting(famus.cross_entropy, [3, 2, 1], 1)
REFUSED = {
    "cpu": ({}, "expected parameters on a CUDA device, got cpu"),
    "engine": ({"engine": "ghost"}, "expected engine=\"pushforward\", got 'ghost'"),
    "schedule": ({"schedule": "merged"}, "expected schedule=\"paper\", got 'merged'"),
    "micro_batches": ({"micro_batches": 2}, "expected micro_batches=1"),
    "recompute": ({"recompute": True}, "recompute=False"),
    "batch meta model": ({"meta_model": famus.L2R()}, "L2R makes its weights anew"),
    "deferred loss": ({"meta_model": famus.MWNet(8, loss=DEFERRED)}, "DeferredReweighting changes with the epoch"),
    "deferred meta loss": ({"meta_loss": DEFERRED}, "DeferredReweighting changes with the epoch"),
    "semi-supervised": ({"meta_model": famus.SemiSupervised(famus.MWNet(8), 2, 1.0)}, "SemiSupervised changes"),
}


@pytest.mark.parametrize(("arguments", "message"), REFUSED.values(), ids=REFUSED)
def test_when_it_is_made(arguments, message):
    with pytest.raises(ValueError, match=f"^capture: .*{message}"):
        make(capture=True, **arguments)


def test_several_processes(tmp_path):
    store = torch.distributed.FileStore(str(tmp_path / "store"), 1)
    torch.distributed.init_process_group("gloo", store=store, rank=0, world_size=1)
    try:
        with pytest.raises(ValueError, match=r"^capture: expected one process"):
            make(capture=True)
    finally:
        torch.distributed.destroy_process_group()


def recorded(model=None, **arguments):
    with on_tape():
        return make(model, **arguments, capture=True)


def batch(n=N, m=M, dtype=torch.float32):
    return {
        "x": torch.randn(n, 5, dtype=dtype),
        "y": torch.randint(0, C, (n,)),
        "x_meta": torch.randn(m, 5),
        "y_meta": torch.randint(0, C, (m,)),
    }


OTHER_INPUTS = {
    "size": (batch(n=N - 1), r"^x: expected .*\[6, 5\] torch.float32 on cpu, got \[5, 5\] torch.float32 on cpu"),
    "meta size": (batch(m=M - 1), r"^x_meta: expected .*\[4, 5\]"),
    "dtype": (batch(dtype=torch.float64), "^x: expected .*got .*torch.float64"),
    "soft labels": ({**batch(), "y": torch.rand(N, C)}, r"^y: expected .*\[6\] torch.int64"),
    "structure": ({**batch(), "x": (torch.randn(N, 5),)}, "^x: expected the structure"),
}


@pytest.mark.parametrize(("other", "message"), OTHER_INPUTS.values(), ids=OTHER_INPUTS)
def test_another_batch(other, message):
    step = recorded()
    step(**batch())
    with pytest.raises(ValueError, match=message):
        step(**other)


def double(model):
    model[0].weight = nn.Parameter(model[0].weight.detach().clone())


CHANGES = {
    "mode": (lambda model: model.eval(), r"^model: the mode of .* \(training\), got evaluation"),
    "weights": (double, "^model: 0.weight: expected .*new MetaStep"),
    "frozen": (lambda model: model[0].bias.requires_grad_(False), "^model: 0.bias: expected .*trained.*got .*fixed"),
}


@pytest.mark.parametrize(("change", "message"), CHANGES.values(), ids=CHANGES)
def test_another_network(change, message):
    model = network()
    before = conditions({"model": model})
    check_conditions(before, {"model": model})
    change(model)
    with pytest.raises(ValueError, match=message):
        check_conditions(before, {"model": model})


def test_a_step_checks_its_modules():
    step = recorded()
    step(**batch())
    step.model.eval()
    with pytest.raises(ValueError, match=r"^model: the mode"):
        step(**batch())


def test_autocast():
    step = recorded()
    with torch.autocast("cpu", dtype=torch.bfloat16), pytest.raises(ValueError, match=r"outside torch\.autocast"):
        step(**batch())


class HostReading(nn.Module):
    """A network that looks at a value."""

    def __init__(self):
        super().__init__()
        self.inner = nn.Linear(5, C)

    def forward(self, x):
        return self.inner(x) * (2.0 if float(x.sum()) > 0 else 1.0)


def test_a_section_may_not_read():
    """The recorder of this test says it as a GPU would."""
    with pytest.raises(RuntimeError, match="_local_scalar_dense is not permitted"):
        recorded(HostReading())(**batch())


def test_what_is_not_finite_is_skipped_and_leaves_no_trace():
    step, given = recorded(max_skips=1), batch()
    step(**given)
    before = {name: tensor.clone() for name, tensor in step.model.state_dict().items()}
    assert step(**{**given, "x": torch.full((N, 5), torch.nan)}).skipped
    torch.testing.assert_close(dict(step.model.state_dict()), before, rtol=0, atol=0)
    assert step(**given).loss.isfinite()


def test_an_output_is_the_callers_own():
    step = recorded()
    first = step(**batch())
    seen = first.logits.clone()
    step(**batch())
    assert torch.equal(first.logits, seen)
