"""Accelerate's prepared network and optimizer take the steps of the bare ones; what would change a step is refused."""

import copy

import pytest
import torch
from shared.one_thread import one_thread  # noqa: F401
from torch import nn

import famus_ext as famus

accelerate = pytest.importorskip("accelerate", reason="accelerate is not installed")


@pytest.fixture(autouse=True)
def _state_of_its_own():
    """Accelerate keeps one state a process."""
    from accelerate.state import AcceleratorState, GradientState

    def reset():
        AcceleratorState._reset_state(True)
        GradientState._reset_state()

    reset()
    yield
    reset()


def network():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(6, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 3)).double()


def batches(count):
    torch.manual_seed(1)
    return [(torch.randn(9, 6).double(), torch.randint(0, 3, (9,))) * 2 for _ in range(count)]


OPTIMIZERS = {
    "sgd": lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9),
    "adamw": lambda p: torch.optim.AdamW(p, lr=1e-2),
}


@pytest.mark.parametrize("schedule", ["paper", "merged"])
@pytest.mark.parametrize("make", OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_same_steps(make, schedule):
    bare, meta_model = network(), famus.MWNet(8).double()
    wrapped, other_meta_model = copy.deepcopy(bare), copy.deepcopy(meta_model)
    model, optimizer = accelerate.Accelerator(cpu=True).prepare(wrapped, make(wrapped.parameters()))
    steps = [
        famus.MetaStep(bare, make(bare.parameters()), meta_model, schedule=schedule),
        famus.MetaStep(model, optimizer, other_meta_model, schedule=schedule),
    ]
    for batch in batches(3):
        for step in steps:
            step(*batch)
    for a, b in zip(
        [*bare.parameters(), *meta_model.parameters()],
        [*wrapped.parameters(), *other_meta_model.parameters()],
        strict=True,
    ):
        assert torch.equal(a, b)


def test_accumulated_gradients_are_refused():
    accelerator = accelerate.Accelerator(cpu=True, gradient_accumulation_steps=2)
    model = network()
    model, optimizer = accelerator.prepare(model, OPTIMIZERS["sgd"](model.parameters()))
    with pytest.raises(ValueError, match=r"optimizer: .* accumulates gradients; use MetaStep\(micro_batches"):
        famus.MetaStep(model, optimizer, famus.MWNet())


def test_scaled_loss_is_refused():
    accelerate.Accelerator(cpu=True)
    model, scaler = network(), torch.amp.GradScaler("cpu")
    optimizer = accelerate.optimizer.AcceleratedOptimizer(OPTIMIZERS["sgd"](model.parameters()), scaler=scaler)
    with pytest.raises(ValueError, match=r"optimizer: expected one without a GradScaler.*bf16"):
        famus.MetaStep(model, optimizer, famus.MWNet())


def test_a_wrapper_that_does_more_is_not_seen_through():
    class Lookahead(torch.optim.Optimizer):
        def __init__(self, optimizer):
            self.optimizer, self.param_groups = optimizer, optimizer.param_groups

    model = network()
    with pytest.raises(ValueError, match=r'"merged" needs the derivative .* got Lookahead'):
        famus.MetaStep(model, Lookahead(OPTIMIZERS["sgd"](model.parameters())), famus.MWNet(), schedule="merged")
