"""DistributedDataParallel: one process is as good as none; what the engines would pass by is refused."""

import copy

import pytest
import torch
import torch.distributed as dist
from shared.networks import CLASSES, NETWORKS
from torch import nn
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


def _communication_hook():
    from torch.distributed.algorithms.ddp_comm_hooks.default_hooks import allreduce_hook

    model = DistributedDataParallel(nn.Linear(6, CLASSES))
    model.register_comm_hook(None, allreduce_hook)
    return model


def _sharded():
    from torch.distributed.fsdp import fully_shard

    return fully_shard(nn.Linear(6, CLASSES), mesh=dist.init_device_mesh("cpu", (1,)))


REFUSED = {
    "inside": (
        lambda: nn.Sequential(DistributedDataParallel(nn.Linear(6, CLASSES))),
        ValueError,
        "model: expected DistributedDataParallel around the whole network",
    ),
    "communication hook": (_communication_hook, ValueError, "model: .* would pass by the communication hook"),
    "sharded": (_sharded, NotImplementedError, "model: the parameter weight is sharded"),
}


@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::FutureWarning", "ignore::DeprecationWarning")
@pytest.mark.parametrize("case", REFUSED)
def test_refused(group, case):
    build, error, message = REFUSED[case]
    batch = torch.randn(4, 6), torch.randint(0, CLASSES, (4,))
    with pytest.raises(error, match=message):
        famus.sampled_meta_grad(build(), famus.MWNet(8), batch, batch, lr=0.1)
