"""A meta step of several gloo processes on this machine: bytes and messages a step, time beside what was predicted.

    python benchmarks/processes.py --json benchmarks/results/processes-cpu.json

The joined batch is the same for any number of processes. Each has one thread, so past the number of cores processes
share them, and the prediction says so:

    bytes    4 (2 W + W_kept): g and the actual gradient of all parameters, u of the layers kept; the rest is small
    time     T_1 max(P / cores, 1) / P + the time of messages of that size and number alone
"""

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
import torch.multiprocessing as mp
from measuring.environment import describe
from measuring.result import leave

import famus_ext as famus
from famus_ext.models import build

PROCESSES = (1, 2, 4)
SAMPLERS = {"every layer": famus.AllLayers, "last block": lambda: famus.Block(-1)}
NETWORK, CLASSES, BATCH, SIZE = "wrn-10-2", 10, 32, 32


class Counter:
    """Counts the messages of torch.distributed, and the bytes that one process hands over."""

    def __init__(self) -> None:
        self.bytes = self.messages = 0
        for name, position in (("all_reduce", 0), ("all_gather", 1), ("broadcast", 0)):
            setattr(dist, name, self._counted(getattr(dist, name), position))

    def _counted(self, send: Callable[..., Any], position: int) -> Callable[..., Any]:
        def counted(*arguments: Any, **options: Any) -> Any:
            tensor = arguments[position]
            self.bytes += tensor.numel() * tensor.element_size()
            self.messages += 1
            return send(*arguments, **options)

        return counted


def measure(rank: int, processes: int, store: str, sampler: str, rounds: int, results: Any) -> None:
    """One process: the steps, then messages of the same number and size alone."""
    torch.set_num_threads(1)
    if processes > 1:
        dist.init_process_group("gloo", init_method=f"file://{store}", rank=rank, world_size=processes)
    torch.manual_seed(0)
    model = build(NETWORK, CLASSES)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    step = famus.MetaStep(model, optimizer, famus.MWNet(), SAMPLERS[sampler]())
    x, x_meta = torch.randn(2, BATCH, 3, SIZE, SIZE).tensor_split(processes, 1)[rank]
    y, y_meta = torch.randint(0, CLASSES, (2, BATCH)).tensor_split(processes, 1)[rank]
    for _ in range(2):
        step(x, y, x_meta, y_meta)
    counter = Counter()
    steps = [_timed(lambda: step(x, y, x_meta, y_meta)) for _ in range(rounds)]
    size, messages = counter.bytes // rounds, counter.messages // rounds
    alone = [_timed(lambda: _send(size, messages)) for _ in range(rounds)] if processes > 1 else [0.0]
    if rank == 0:
        weights = sum(p.numel() for p in model.parameters())
        kept = {name for i in step.sampler.candidates(step.layers) for name in step.layers[i].parameters}
        predicted = 4 * (2 * weights + sum(p.numel() for n, p in model.named_parameters() if n in kept))
        results.update(
            step_ms=statistics.median(steps),
            messages_ms=statistics.median(alone),
            messages=messages,
            bytes=size,
            predicted_bytes=predicted if processes > 1 else 0,
        )
    if processes > 1:
        dist.destroy_process_group()


def _send(size: int, messages: int) -> None:
    """As many small messages as a step has, and one of its size."""
    for _ in range(messages - 1):
        dist.all_reduce(torch.zeros(8))
    dist.all_reduce(torch.zeros(size // 4))


def _timed(call: Callable[[], object]) -> float:
    """Milliseconds of a call."""
    start = time.perf_counter()
    call()
    return 1e3 * (time.perf_counter() - start)


def rows(rounds: int) -> list[dict[str, Any]]:
    """A row a sampler and number of processes."""
    found = []
    cores = os.cpu_count() or 1
    for sampler in SAMPLERS:
        alone = None
        for processes in PROCESSES:
            with mp.Manager() as manager, tempfile.TemporaryDirectory() as folder:
                results = manager.dict()
                arguments = (processes, f"{folder}/store", sampler, rounds, results)
                mp.start_processes(measure, arguments, processes, start_method="spawn")
                row = {"sampler": sampler, "processes": processes, **results}
            alone = row["step_ms"] if alone is None else alone
            row["predicted_ms"] = alone * max(processes / cores, 1) / processes + row["messages_ms"]
            found.append(row)
    return found


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    found = rows(options.rounds)
    print("| sampler | processes | ms | predicted | messages | kB a process | predicted |")
    print("|---|---|---|---|---|---|---|")
    for row in found:
        print(
            f"| {row['sampler']} | {row['processes']} | {row['step_ms']:.1f} | {row['predicted_ms']:.1f} | "
            f"{row['messages']} | {row['bytes'] / 1e3:.0f} | {row['predicted_bytes'] / 1e3:.0f} |"
        )
    if options.json:
        shape = {"network": NETWORK, "batch": BATCH, "meta_batch": BATCH, "image": SIZE, "rounds": options.rounds}
        leave({**describe(torch.device("cpu")), "cores": os.cpu_count(), **shape, "rows": found}, options.json)


if __name__ == "__main__":
    main()
