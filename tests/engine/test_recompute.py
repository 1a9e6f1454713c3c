"""A graph that is dropped and recorded again: the same numbers, drawn and counted once, and less memory."""

from copy import deepcopy

import pytest
import torch
from torch import Tensor, nn
from torch.profiler import ProfilerActivity, profile
from torch.utils.checkpoint import checkpoint

import famus_ext as famus


class Network(nn.Module):
    """Batch normalisation, dropout and, if asked for, a checkpointed block, in float64: 12 inputs to 3 logits."""

    def __init__(self, *, checkpointed: bool = False) -> None:
        super().__init__()
        self.first = nn.Sequential(nn.Linear(12, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Dropout(0.5))
        self.last = nn.Sequential(nn.Linear(16, 16), nn.Tanh(), nn.Linear(16, 3))
        self.checkpointed = checkpointed
        self.double()

    def forward(self, x: Tensor) -> Tensor:
        hidden = self.first(x)
        return checkpoint(self.last, hidden, use_reentrant=False) if self.checkpointed else self.last(hidden)


def batch(size: int) -> tuple[Tensor, Tensor]:
    return torch.randn(size, 12).double(), torch.randint(3, (size,))


@pytest.mark.parametrize("checkpointed", [False, True])
@pytest.mark.parametrize("schedule", ["paper", "merged"])
def test_steps_are_the_same_bit_for_bit(schedule: str, checkpointed: bool) -> None:
    torch.manual_seed(0)
    network, batches = Network(checkpointed=checkpointed), [(*batch(10), *batch(6)) for _ in range(3)]
    meta_model = famus.MWNet().double()
    ends = []
    for recompute in (False, True):
        model = deepcopy(network)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.3, momentum=0.9)
        step = famus.MetaStep(model, optimizer, deepcopy(meta_model), schedule=schedule, recompute=recompute)
        torch.manual_seed(1)
        grads = [grad for data in batches for grad in step(*data).meta_grads.values()]
        ends.append([*grads, *model.state_dict().values(), torch.get_rng_state()])
    assert all(torch.equal(a, b) for a, b in zip(*ends, strict=True))


def test_l2r_drops_a_graph_that_no_gradient_took() -> None:
    torch.manual_seed(0)
    network, data = Network(), (*batch(10), *batch(6))
    grads = []
    for recompute in (False, True):
        model = deepcopy(network)
        step = famus.MetaStep(model, torch.optim.SGD(model.parameters(), lr=0.3), famus.L2R(), recompute=recompute)
        torch.manual_seed(1)
        grads.append(step(*data).sample_dots)
    assert torch.equal(*grads)


@pytest.mark.parametrize("meta_model", [famus.MWNet, famus.L2R])
def test_the_two_graphs_are_never_there_together(meta_model: type[nn.Module]) -> None:
    """Every layer, deep and wide in examples: the peak is one graph in place of two."""
    peaks = []
    for recompute in (False, True):
        torch.manual_seed(0)
        model = nn.Sequential(*(layer for _ in range(12) for layer in (nn.Linear(64, 64), nn.Tanh())), nn.Linear(64, 3))
        step = famus.MetaStep(model, torch.optim.SGD(model.parameters(), lr=0.1), meta_model(), recompute=recompute)
        data = torch.randn(1024, 64), torch.randint(3, (1024,))
        step(*data, *data)
        with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as profiler:
            step(*data, *data)
        now = peak = 0
        for event in profiler.profiler.kineto_results.events():
            if event.name() == "[memory]":
                now += event.nbytes()
                peak = max(peak, now)
        peaks.append(peak)
    assert peaks[1] < 0.75 * peaks[0]


def test_only_the_gradient_of_the_virtual_step_takes_the_first_graph(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two forward passes a meta step, one a plain step."""
    torch.manual_seed(0)
    network, calls = Network(), []
    network.register_forward_hook(lambda *_: calls.append(torch.is_grad_enabled()))
    step = famus.MetaStep(
        network, torch.optim.SGD(network.parameters(), lr=0.3), famus.MWNet().double(), recompute=True, every=2
    )
    step(*batch(10), *batch(6))
    assert len(calls) == 3, "the training batch twice, the meta batch once"
    step(*batch(10))
    assert len(calls) == 4


@pytest.mark.parametrize("recompute", [1, None, "yes"])
def test_recompute_is_true_or_false(recompute: object) -> None:
    network = Network()
    with pytest.raises(TypeError, match="recompute: expected True or False, got"):
        famus.MetaStep(network, torch.optim.SGD(network.parameters(), lr=0.3), famus.MWNet(), recompute=recompute)
