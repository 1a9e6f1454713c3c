"""Runs small enough to repeat."""

from dataclasses import replace

import pytest
import torch

from famus_ext.train.assembly.data import make_data
from famus_ext.train.config import GROUPS, Config, DataOptions, MachineOptions, OptimizerOptions
from famus_ext.train.trainer import Trainer

SMALL = Config(
    data=DataOptions(num_test=1500),  # leaves 197 training images: two steps an epoch
    optimizer=OptimizerOptions(epochs=4),
    machine=MachineOptions(device="cpu"),
)


@pytest.fixture(autouse=True)
def _one_thread_and_the_random_state_comes_back():
    threads, state = torch.get_num_threads(), torch.get_rng_state()
    torch.set_num_threads(1)  # the networks are too small for more
    yield
    torch.set_num_threads(threads)
    torch.set_rng_state(state)


@pytest.fixture
def small():
    return SMALL


@pytest.fixture
def make_trainer():
    """Makes a trainer of the small experiment: `make_trainer("l2r", sampler="all")`."""

    def make(method, config=SMALL, seed=0, **options):
        config = with_options(config, method=method, **options)
        return Trainer(config, method, seed, make_data(config.data, seed), torch.device("cpu"))

    return make


def with_options(config, **options):
    """The configuration with some options changed, each found in the group that has it."""
    changed = {
        group: replace(getattr(config, group), **{name: options.pop(name) for name in vars(kind()) if name in options})
        for group, kind in GROUPS.items()
    }
    assert not options, f"no such options: {options}"
    return replace(config, **changed)
