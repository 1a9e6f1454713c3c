"""What each of several processes runs, and how they are started."""

import os
import signal
import time
import warnings
from pathlib import Path

import torch
import torch.distributed as dist
import torch.multiprocessing as mp
from shared.process_cases import CASES, CLASSES, mlp, run
from torch import nn
from torch.nn.parallel import DistributedDataParallel

import famus_ext as famus
from famus_ext.engine.distributed.processes import Processes


def launch(program, processes, folder, join=True):
    """Start a program in several processes that know each other; `program(rank)` is what each saves."""
    folder.mkdir(exist_ok=True)
    return mp.start_processes(_joined, (program, processes, str(folder)), processes, join=join, start_method="spawn")


def saved(folder, processes):
    """What each process saved."""
    return [torch.load(folder / f"{rank}.pt", weights_only=False) for rank in range(processes)]


def _joined(rank, program, processes, folder):
    warnings.simplefilter("error")
    torch.set_num_threads(1)
    dist.init_process_group("gloo", init_method=f"file://{folder}/store", rank=rank, world_size=processes)
    torch.save(program(rank), Path(folder) / f"{rank}.pt")
    dist.destroy_process_group()


def every_case(rank):
    """The outcome of every case; of the long ones where there are more than two processes."""
    return {str(case): run(case) for case in CASES if dist.get_world_size() == 2 or case.steps == 20}


class Fails(nn.Module):
    """A network that fails, gives NaN or dies in some calls."""

    def __init__(self):
        super().__init__()
        self.net, self.act = mlp().double(), lambda: None

    def forward(self, x):
        return self.net(x) + (self.act() or 0.0)


def _raise():
    raise ArithmeticError("out of luck")


def _step(model, meta_model=None, **options):
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    return famus.MetaStep(model, optimizer, meta_model or famus.MWNet(8).double(), **options)


def _batch(size=4, classes=CLASSES):
    return torch.randn(size, 6, dtype=torch.float64), torch.randint(0, classes, (size,))


def _other_weights(rank):
    torch.manual_seed(rank)
    _step(mlp().double())(*_batch(), *_batch())


def _other_buffers(rank):
    torch.manual_seed(0)
    model = mlp(nn.BatchNorm1d(8)).double()
    model[1].running_mean += rank
    _step(model)(*_batch(), *_batch())


def _fails_in(call, rank):
    """Process 1 fails in one call of the network: the first is the training batch's, the second the meta batch's."""
    torch.manual_seed(0)
    model, calls = Fails(), iter(range(9))
    model.act = lambda: _raise() if rank == 1 and next(calls) == call else 0.0
    _step(model)(*_batch(), *_batch())


def _fails_in_forward(rank):
    _fails_in(0, rank)


def _fails_in_meta_pass(rank):
    _fails_in(1, rank)


def _not_finite(rank):
    torch.manual_seed(0)
    model = mlp().double()
    x, y = _batch()
    _step(model)(x.log() if rank == 1 else x, y, *_batch())


def _not_finite_in_ghost(rank):
    """The ghost engine's probe sees it in its own process' logits."""
    torch.manual_seed(0)
    x, y = _batch()
    _step(mlp().double(), engine="ghost")(x.log() if rank == 1 else x, y, *_batch())


def _not_finite_beside_failure(rank):
    def compute():
        raise ArithmeticError("out of luck") if rank == 1 else famus.NonFiniteError("NaN")

    Processes(dist.group.WORLD).together(compute)


def _bad_batch(rank):
    torch.manual_seed(0)
    x, y = _batch()
    _step(mlp().double())(x, y[rank:], *_batch())


def _other_classes(rank):
    torch.manual_seed(0)
    x, y = _batch()
    _step(mlp().double())(x, torch.eye(CLASSES, dtype=torch.float64)[y] if rank else y, *_batch())


def _counts_labelled(rank):
    torch.manual_seed(0)
    _step(mlp().double(), famus.SemiSupervised(famus.MWNet(8), 2, 1.0).double())(*_batch(), *_batch())


FAILURES = {
    "other weights": _other_weights,
    "other buffers": _other_buffers,
    "fails in the forward pass": _fails_in_forward,
    "fails in the meta pass": _fails_in_meta_pass,
    "not finite": _not_finite,
    "not finite in ghost": _not_finite_in_ghost,
    "not finite beside a failure": _not_finite_beside_failure,
    "bad batch": _bad_batch,
    "other targets": _other_classes,
    "counts labelled rows": _counts_labelled,
}


def _after_own_steps(rank):
    """The loss of a meta step after a plain one, which leaves running statistics of its own in each process."""
    torch.manual_seed(0)
    model = DistributedDataParallel(mlp(nn.BatchNorm1d(8)).double())
    model(_batch()[0] + rank).sum().backward()
    return float(_step(model)(*_batch(), *_batch()).loss)


def every_failure(rank):
    """How each failure ends, and that the processes still understand each other."""
    ends = {}
    for name, fail in FAILURES.items():
        try:
            fail(rank)
        except Exception as error:
            ends[name] = f"{type(error).__name__}: {error}"
    torch.manual_seed(0)
    ends["afterwards"] = float(_step(mlp().double())(*_batch(), *_batch()).loss)
    ends["after own steps"] = _after_own_steps(rank)
    return ends


def killed_in_a_step(rank):
    """Process 1 is killed in its second step; when the others noticed, and how."""
    torch.manual_seed(0)
    model = Fails()
    step = _step(model)
    step(*_batch(), *_batch())
    if rank == 1:
        model.act = lambda: os.kill(os.getpid(), signal.SIGKILL)
    start = time.monotonic()
    try:
        step(*_batch(), *_batch())
    except famus.ProcessError as error:
        return time.monotonic() - start, str(error)
