"""The rule of torch.nn.SyncBatchNorm, whose kernels are CUDA's: on a node made by hand, against batch normalisation."""

from types import SimpleNamespace

import pytest
import torch
import torch.distributed as dist
from torch.func import jvp
from torch.nn import functional

from famus_ext.engine.rules.collectives import collective, sync_batch_norm


@pytest.fixture
def group(tmp_path):
    dist.init_process_group("gloo", init_method=f"file://{tmp_path}/store", rank=0, world_size=1)
    yield dist.group.WORLD
    dist.destroy_process_group()


def test_it_is_found():
    assert collective(torch.nn.modules._functions.SyncBatchNorm) is sync_batch_norm
    assert collective(torch.autograd.Function) is None


@pytest.mark.parametrize("shape", [(5, 3), (4, 3, 6), (2, 3, 4, 5)])
@pytest.mark.parametrize("moving", [(True, True, True), (False, True, True), (True, False, False)])
def test_against_batch_norm(group, shape, moving):
    torch.manual_seed(0)
    x, x_dot = torch.randn(2, *shape, dtype=torch.float64)
    weight, weight_dot, bias, bias_dot = torch.randn(4, 3, dtype=torch.float64)
    others = [d for d in range(x.dim()) if d != 1]
    mean, variance = x.mean(others), x.var(others, correction=0)
    counts = torch.tensor([x.numel() // 3], dtype=torch.int32)
    node = SimpleNamespace(saved_tensors=(x, weight, mean, (variance + 1e-5).rsqrt(), counts), process_group=group)
    directions = list(zip((x_dot, weight_dot, bias_dot), moving, strict=True))
    given = tuple(t if moves else torch.zeros_like(t) for t, moves in directions)
    _, expected = jvp(
        lambda x, w, b: functional.batch_norm(x, None, None, w, b, training=True, eps=1e-5), (x, weight, bias), given
    )
    tangents = [t if moves else None for t, moves in directions]
    (found,) = sync_batch_norm(node, (*tangents, None, None))
    torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-13)


def test_without_scale(group):
    torch.manual_seed(0)
    x, x_dot = torch.randn(2, 5, 3, dtype=torch.float64)
    saved = (x, None, x.mean(0), (x.var(0, correction=0) + 1e-5).rsqrt(), torch.tensor([5], dtype=torch.int32))
    (found,) = sync_batch_norm(SimpleNamespace(saved_tensors=saved, process_group=group), (x_dot, None, None))
    _, expected = jvp(lambda x: functional.batch_norm(x, None, None, training=True, eps=1e-5), (x,), (x_dot,))
    torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-13)
