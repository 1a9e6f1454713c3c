"""Batches: every example once an epoch, nearly equal sizes, repeatable."""

import pytest
import torch

from famus_ext.data import epoch_batches, generator, meta_batch


@pytest.mark.parametrize(("size", "batch_size"), [(1, 1), (1, 100), (97, 32), (128, 32), (129, 32), (1197, 100)])
def test_an_epoch_holds_every_example_once(size, batch_size):
    batches = epoch_batches(size, batch_size, generator(0, "batches"))
    sizes = [len(batch) for batch in batches]
    assert len(batches) == -(-size // batch_size)
    assert max(sizes) <= batch_size
    assert max(sizes) - min(sizes) <= 1
    assert torch.equal(torch.cat(batches).sort().values, torch.arange(size))


@pytest.mark.parametrize("batch_size", [1, 7, 100, 200])
def test_meta_batch_holds_no_example_twice(batch_size):
    batch = meta_batch(100, batch_size, generator(0, "meta"))
    assert len(set(batch.tolist())) == min(batch_size, 100)
    assert (int(batch.min()) >= 0) & (int(batch.max()) < 100)


def test_streams_repeat_with_the_seed_and_differ_by_name():
    draw = lambda seed, stream: torch.cat(epoch_batches(50, 8, generator(seed, stream)))  # noqa: E731
    assert torch.equal(draw(0, "batches"), draw(0, "batches"))
    assert not torch.equal(draw(0, "batches"), draw(1, "batches"))
    assert not torch.equal(draw(0, "batches"), draw(0, "meta"))
