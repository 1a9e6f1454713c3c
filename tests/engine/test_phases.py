"""Every part of a step is marked with its phase, for torch's profiler and for a timer of one's own."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import torch
from torch import nn
from torch.profiler import ProfilerActivity, profile

import famus_ext as famus
from famus_ext.engine.phases import Phase, phase, watched

PAPER = [
    *(Phase.VIRTUAL_FORWARD, Phase.HEAD, Phase.VIRTUAL_BACKWARD, Phase.VIRTUAL_STEP, Phase.GATES, Phase.META_FORWARD),
    *(Phase.META_BACKWARD, Phase.DIRECTION, Phase.PUSHFORWARD, Phase.ACTUAL_BACKWARD, Phase.OPTIMIZER),
]
MERGED = [entry for entry in PAPER if entry is not Phase.ACTUAL_BACKWARD]


def step(schedule: str) -> None:
    torch.manual_seed(0)
    model = nn.Linear(3, 2)
    sampler = famus.GumbelSampler(model, expected_layers=1)
    taken = famus.MetaStep(model, torch.optim.SGD(model.parameters(), 0.1), famus.MWNet(), sampler, schedule=schedule)
    batch = torch.randn(4, 3), torch.randint(2, (4,))
    taken(*batch, *batch)


@pytest.mark.parametrize(("schedule", "expected"), [("paper", PAPER), ("merged", MERGED)])
def test_watcher_sees_every_phase(schedule: str, expected: list[Phase]) -> None:
    seen: list[Phase] = []

    @contextmanager
    def watcher(name: Phase) -> Iterator[None]:
        seen.append(name)
        yield

    with watched(watcher):
        step(schedule)
    assert set(seen) == set(expected)
    count = len(seen)
    step(schedule)
    assert len(seen) == count, "the watcher is gone with its block"


def test_profiler_shows_ranges() -> None:
    with profile(activities=[ProfilerActivity.CPU]) as profiler:
        step("paper")
    names = {event.key for event in profiler.key_averages()}
    assert {f"famus_ext: {entry.value}" for entry in PAPER} <= names


def test_watcher_that_fails_is_removed() -> None:
    def watcher(name: Phase) -> None:
        raise LookupError(name)

    with pytest.raises(LookupError), watched(watcher):
        step("paper")
    step("paper")


def test_error_inside_a_phase_is_the_users_own() -> None:
    with pytest.raises(KeyError, match="own"), phase(Phase.HEAD):
        raise KeyError("own")
