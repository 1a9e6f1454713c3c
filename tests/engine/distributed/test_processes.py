"""Messages between processes, in a group of one: what is packed comes out as it was."""

import pytest
import torch
import torch.distributed as dist
from torch import nn

import famus_ext as famus
from famus_ext.engine.distributed import buckets
from famus_ext.engine.distributed.processes import ALONE, Processes


@pytest.fixture
def group(tmp_path):
    dist.init_process_group("gloo", init_method=f"file://{tmp_path}/store", rank=0, world_size=1)
    yield dist.group.WORLD
    dist.destroy_process_group()


ROWS = (
    torch.tensor([[1.0, torch.nan, -torch.inf], [2.0, 3.0, 4.0]], dtype=torch.float64),
    torch.tensor([-1, 2**40]),
    torch.tensor([True, False]),
    torch.arange(12, dtype=torch.float32).view(2, 3, 2).transpose(1, 2).to(torch.bfloat16),
)


def assert_same(found, expected):
    for a, b in zip(found, expected, strict=True):
        torch.testing.assert_close(a, b, rtol=0, atol=0, equal_nan=True)


def test_rows_of_every_dtype(group):
    assert_same(Processes(group).gather_rows(ROWS, [2]), ROWS)


@pytest.mark.parametrize("size", [1, 40, 10**9])
def test_buckets(group, monkeypatch, size):
    """Of any size, one dtype each; scalars, empty tensors and other layouts among them."""
    monkeypatch.setattr(buckets, "BUCKET_BYTES", size)
    terms = [torch.randn(3, 4).t(), torch.tensor(2.0), torch.zeros(0, 3), torch.randn(5).double(), torch.randn(2, 2)]
    expected = [term.clone() for term in terms]
    given = list(terms)
    assert_same(buckets.summed(given, group), expected)
    assert not given
    assert_same(terms, expected)


def test_errors_are_raised_as_they_are(group):
    def fail():
        raise KeyError("own")

    with pytest.raises(KeyError, match="own"):
        Processes(group).together(fail)
    assert ALONE.together(lambda: 3, lambda three: [three], 1) == (3, [[3]])


def test_process_group_of_another_kind():
    batch = torch.randn(4, 6), torch.randint(0, 3, (4,))
    with pytest.raises(TypeError, match=r"process_group: expected a torch.distributed.ProcessGroup, got str"):
        famus.sampled_meta_grad(nn.Linear(6, 3), famus.MWNet(8), batch, batch, lr=0.1, process_group="all")
