"""Random masks of an Apple GPU are drawn again as they were: torch.mps' part is played."""

import pytest
import torch

from famus_ext.network import random_state as engine
from famus_ext.train import random_state as trainer


@pytest.fixture
def state(monkeypatch):
    """The generator of that GPU: its state is a number that drawing raises."""
    generator = torch.zeros(1, dtype=torch.uint8)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    monkeypatch.setattr(torch.mps, "get_rng_state", generator.clone)
    monkeypatch.setattr(torch.mps, "set_rng_state", generator.copy_)
    return generator


def test_a_pass_is_replayed(state):
    before = engine.random_state()
    state += 3
    with engine.replayed(before):
        assert state.item() == 0
        state += 2
    assert state.item() == 3


def test_a_checkpoint_holds_it(state):
    device = torch.device("mps")
    stored = trainer.random_state(device)
    state += 3
    trainer.set_random_state(stored, torch.device("cpu"))
    assert state.item() == 3
    trainer.set_random_state(stored, device)
    assert state.item() == 0


def test_a_checkpoint_without_it_is_read(state):
    stored = trainer.random_state(torch.device("cpu"))
    del stored["mps"]
    state += 3
    trainer.set_random_state(stored, torch.device("mps"))
    assert state.item() == 3
