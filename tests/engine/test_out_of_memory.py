"""A step that runs out of memory says what to turn down, and leaves nothing changed."""

import copy

import pytest
import torch
from torch import nn

import famus_ext as famus

META = 2.0
BATCH = torch.ones(6, 4), torch.zeros(6, dtype=torch.int64)
META_BATCH = torch.full((5, 4), META), torch.zeros(5, dtype=torch.int64)


class Hungry(nn.Linear):
    """Fails on the meta batch, as an allocator does."""

    error: Exception

    def forward(self, x):
        if x.max() == META:
            raise self.error
        return super().forward(x)


def step(error, **options):
    torch.manual_seed(0)
    model = Hungry(4, 3)
    model.error = error
    sampler = options.pop("sampler", None)
    return famus.MetaStep(model, torch.optim.SGD(model.parameters(), lr=0.1), famus.MWNet(8), sampler, **options)


GPU = torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
CPU = RuntimeError("[enforce fail at alloc_cpu.cpp:117] . DefaultCPUAllocator: can't allocate memory")


@pytest.mark.parametrize("error", [GPU, CPU, MemoryError()], ids=["GPU", "CPU", "Python"])
def test_an_allocator_that_fails(error):
    hungry = step(error)
    before = copy.deepcopy(hungry.model.state_dict())
    with pytest.raises(
        torch.OutOfMemoryError, match=r"less memory with smaller batches, recompute=True, micro_batches=2, a sampler"
    ):
        hungry(*BATCH, *META_BATCH)
    assert all(torch.equal(value, before[name]) for name, value in hungry.model.state_dict().items())


@pytest.mark.parametrize(
    ("options", "remedies"),
    [
        ({"micro_batches": 2}, "smaller batches, micro_batches=4, a sampler that keeps a few layers"),
        ({"recompute": True}, "smaller batches, micro_batches=2, a sampler"),
        ({"engine": "double_backward"}, "smaller batches, engine=\"pushforward\" in place of 'double_backward', a"),
        ({"sampler": famus.LastLayers(1)}, "smaller batches, recompute=True, micro_batches=2$"),
    ],
)
def test_what_is_turned_down_already_is_not_named(options, remedies):
    hungry = step(GPU, **options)
    with pytest.raises(torch.OutOfMemoryError, match=remedies):
        hungry(*BATCH, *META_BATCH)


def test_another_error_passes():
    with pytest.raises(RuntimeError, match=r"^the disk is full"):
        step(RuntimeError("the disk is full"))(*BATCH, *META_BATCH)
