"""Steps that several processes take together, as data, and the program that each process runs."""

from dataclasses import dataclass
from itertools import accumulate

import torch
import torch.distributed as dist
from shared.networks import CLASSES
from torch import nn
from torch.distributed.nn.functional import _AllReduce
from torch.nn.parallel import DistributedDataParallel

import famus_ext as famus

EXAMPLES, META_EXAMPLES = 12, 9
# By number of processes: how many examples each has, of the training batch and of the meta batch.
PARTS = {1: ([12], [9]), 2: ([7, 5], [3, 6]), 4: ([4, 1, 5, 2], [2, 1, 3, 3])}


def all_reduce(x):
    """`torch.distributed.nn.functional.all_reduce`, without its warning that it will be another function's task."""
    return _AllReduce.apply(dist.ReduceOp.SUM, dist.group.WORLD, x)


class SyncedBatchNorm(nn.Module):
    """Batch normalisation with the statistics of all processes, of operations that autograd knows."""

    def __init__(self, features, eps=1e-5):
        super().__init__()
        self.weight, self.bias, self.eps = nn.Parameter(torch.ones(features)), nn.Parameter(torch.zeros(features)), eps

    def forward(self, x):
        count = all_reduce(x.new_tensor(float(len(x))))
        mean = all_reduce(x.sum(0)) / count
        centred = x - mean
        variance = all_reduce(centred.square().sum(0)) / count
        return centred / (variance + self.eps).sqrt() * self.weight + self.bias


def mlp(*middle):
    return nn.Sequential(nn.Linear(6, 8), *middle, nn.Tanh(), nn.Linear(8, 7), nn.ReLU(), nn.Linear(7, CLASSES))


class PartlyUsed(nn.Module):
    """One branch is taken by an example in the other half only, so that some processes never reach it."""

    def __init__(self):
        super().__init__()
        self.body, self.branch, self.idle = nn.Linear(6, CLASSES), nn.Linear(6, CLASSES), nn.Linear(6, CLASSES)

    def forward(self, x):
        z, rows = self.body(x), x[:, 0] > 0.9
        return z if not rows.any() else z + self.branch(x) * rows.unsqueeze(1)


NETWORKS = {
    "mlp": mlp,
    "partly used": PartlyUsed,
    # One process is held against batch normalisation itself.
    "batch norm": lambda: mlp(SyncedBatchNorm(8) if dist.is_initialized() else nn.BatchNorm1d(8)),
}
META_MODELS = {
    "mwnet": lambda: famus.MWNet(8),
    "mwnet, normalised": lambda: famus.MWNet(8, normalised=True),
    "l2r": famus.L2R,
    "mlc": lambda: famus.MLC(CLASSES, floor=0.01),
    "semi-supervised": lambda: famus.SemiSupervised(famus.MWNet(8), None, 3.0),
}
SAMPLERS = {
    "all": lambda model: famus.AllLayers(),
    "gumbel": lambda model: famus.GumbelSampler(model, 2, hidden=4),
    "threshold": lambda model: famus.Threshold(0.5),
}


@dataclass(frozen=True)
class Case:
    """One way to take steps."""

    meta_model: str = "mwnet"
    sampler: str = "all"
    network: str = "mlp"
    engine: str = "pushforward"
    schedule: str = "paper"
    wrapped: bool = False
    every: int = 1
    micro_batches: int = 1
    recompute: bool = False
    clip_norm: float | None = None
    adam: bool = False
    steps: int = 5

    def __str__(self):
        changed = [f"{name}={value}" for name, value in vars(self).items() if value != getattr(Case, name)]
        return ", ".join(changed) or "defaults"


CASES = [
    *(
        Case(meta_model, "gumbel", engine=engine, schedule=schedule, steps=20)
        for meta_model in ("mwnet", "l2r", "mlc")
        for schedule in ("paper", "merged")
        for engine in ("pushforward", "ghost")
        if (meta_model, schedule) != ("l2r", "merged") and (meta_model, engine) != ("mlc", "ghost")
    ),
    *(Case(meta_model, network="batch norm", steps=20) for meta_model in ("mwnet", "l2r", "mlc")),
    Case("mwnet, normalised", "gumbel", "batch norm", schedule="merged"),
    Case("mwnet, normalised", "gumbel", schedule="merged", adam=True),
    Case("mwnet", "gumbel", "batch norm", engine="double_backward"),
    Case("l2r", "gumbel", engine="double_backward"),
    Case("mlc", "gumbel", engine="double_backward", schedule="merged", clip_norm=0.5),
    Case("mwnet, normalised", engine="finite_difference"),
    Case("semi-supervised", "threshold", recompute=True),
    Case("mwnet", "gumbel", "partly used"),
    Case("mwnet", "gumbel", "batch norm", wrapped=True, clip_norm=0.5),
    Case("l2r", wrapped=True, schedule="paper", micro_batches=2),
    Case("mwnet, normalised", schedule="merged", wrapped=True, clip_norm=0.3, every=3),
]


def run(case):
    """Take the steps on this process' part of the batches; what came of it."""
    torch.manual_seed(0)
    processes, rank = (dist.get_world_size(), dist.get_rank()) if dist.is_initialized() else (1, 0)
    model = NETWORKS[case.network]().double()
    if case.wrapped and processes > 1:
        model = DistributedDataParallel(model)
    meta_model = META_MODELS[case.meta_model]().double()
    sampler = SAMPLERS[case.sampler](model).double()
    optimizer = torch.optim.Adam if case.adam else torch.optim.SGD
    own = optimizer(model.parameters(), lr=0.01 if case.adam else 0.1)
    learned = None if case.meta_model == "l2r" else torch.optim.SGD(meta_model.parameters(), lr=1.0)
    step = famus.MetaStep(
        *(model, own, meta_model, sampler),
        meta_optimizer=learned,
        engine=case.engine,
        schedule=case.schedule,
        every=case.every,
        micro_batches=case.micro_batches,
        recompute=case.recompute,
        clip_norm=case.clip_norm,
    )
    data = torch.Generator().manual_seed(1)
    # Gates are process 0's: the others may draw what they like.
    torch.manual_seed(2 + rank)
    for _ in range(case.steps):
        batch = [part(value, PARTS[processes][0], rank) for value in draw(EXAMPLES, data)]
        meta_batch = [part(value, PARTS[processes][1], rank) for value in draw(META_EXAMPLES, data)]
        x, y = batch[0], tuple(batch[1:]) if case.meta_model == "semi-supervised" else batch[1].argmax(1)
        out = step(x, y, meta_batch[0], meta_batch[1].argmax(1))
    inside = model.module if isinstance(model, DistributedDataParallel) else model
    rows = {name: value for name in ("weights", "logits", "sample_dots") if (value := getattr(out, name)) is not None}
    return {
        "w": parameters(inside),
        "θ": parameters(meta_model),
        "η": parameters(sampler),
        "optimizer": {f"{i}": value for i, value in enumerate(tensors(own.state_dict()["state"]))},
        "numbers": {n: v for n in ("loss", "meta_loss", "gates") if (v := getattr(out, n)) is not None},
        "rows": rows,
    }


def draw(size, generator):
    """Inputs, soft targets, other soft targets, a mask."""
    x = torch.randn(size, 6, generator=generator, dtype=torch.float64)
    soft = torch.randn(2, size, CLASSES, generator=generator, dtype=torch.float64).softmax(2)
    return x, soft[0], soft[1], torch.rand(size, generator=generator) < 0.5


def part(value, sizes, rank):
    """The rows of one process."""
    start = [0, *accumulate(sizes)][rank]
    return value[start : start + sizes[rank]]


def parameters(module):
    return {name: p.detach().clone() for name, p in module.named_parameters()}


def tensors(state):
    return [value for entry in state.values() for value in entry.values() if isinstance(value, torch.Tensor)]
