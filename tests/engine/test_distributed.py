"""DistributedDataParallel: one process is as good as none, several are refused."""

import copy

import pytest
import torch
import torch.distributed as dist
from networks import CLASSES, NETWORKS
from torch.nn.parallel import DistributedDataParallel

import famus_ext as famus


@pytest.fixture
def group(tmp_path):
    dist.init_process_group("gloo", init_method=f"file://{tmp_path}/store", rank=0, world_size=1)
    yield
    dist.destroy_process_group()


@pytest.mark.parametrize("find_unused_parameters", [False, True])
def test_one_process(group, find_unused_parameters):
    torch.manual_seed(0)
    build, inputs = NETWORKS["unused layer" if find_unused_parameters else "wide residual"]
    plain = build().double()
    wrapped = DistributedDataParallel(copy.deepcopy(plain), find_unused_parameters=find_unused_parameters)
    x, x_meta = inputs(8), inputs(6)
    y, y_meta = torch.randint(0, CLASSES, (8,)), torch.randint(0, CLASSES, (6,))
    meta_model = famus.MWNet(8).double()
    for model in (plain, wrapped):
        step = famus.MetaStep(model, torch.optim.SGD(model.parameters(), lr=0.1), copy.deepcopy(meta_model))
        for _ in range(3):
            step(x, y, x_meta, y_meta)
    for (name, a), b in zip(plain.state_dict().items(), wrapped.module.state_dict().values(), strict=True):
        torch.testing.assert_close(b, a, rtol=1e-12, atol=1e-14, msg=name)


def test_several_processes(group, monkeypatch):
    model = DistributedDataParallel(NETWORKS["branches"][0]())
    batch = torch.randn(4, 6), torch.randint(0, CLASSES, (4,))
    monkeypatch.setattr(dist, "get_world_size", lambda group=None: 2)
    with pytest.raises(NotImplementedError, match="model: several processes"):
        famus.sampled_meta_grad(model, famus.MWNet(8), batch, batch, lr=0.1)
