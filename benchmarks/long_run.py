"""Does a long run hold on to memory, tensors, files, threads or processes? Exits with 1 where it does.

python benchmarks/long_run.py --steps 5000 --json long_run.json

Trains L2R + FaMUS on digits as the command does, with a checkpoint every 50 steps, and counts as it goes.
"""

import gc
import os
import resource
import sys
import tempfile
import threading
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
import tyro
from measuring.environment import describe
from measuring.result import leave

from famus_ext.keep_memory import keep_freed_memory
from famus_ext.train.assembly.data import make_data
from famus_ext.train.config import Config
from famus_ext.train.folder.run_folder import RunFolder
from famus_ext.train.options.machine import MachineOptions
from famus_ext.train.options.recovery import RecoveryOptions
from famus_ext.train.trainer import Trainer

CHECKPOINT_EVERY = 50
WARM_UP = 0.1  # share of the steps after which counting begins
GROWTH = 2 * 2**20  # bytes of resident memory that may come and go


@dataclass(frozen=True)
class Options:
    """How long to train.

    Attributes:
        steps: Steps.
        counts: How many times to count.
        json: File for the result.
    """

    steps: int = 5000
    counts: int = 20
    json: Path | None = None


def main(options: Options) -> int:
    """Train, print a line a count, and return the exit status."""
    keep_freed_memory()
    torch.set_num_threads(1)
    config = replace(
        Config(),
        machine=MachineOptions(device="cpu"),
        recovery=RecoveryOptions(keep_checkpoints=2),
    )
    trainer = Trainer(config, "l2r", 0, make_data(config.data, 0), torch.device("cpu"))
    counts: list[dict[str, int]] = []
    with tempfile.TemporaryDirectory() as name:
        folder = RunFolder.create(Path(name, "run"), config)

        def after_step() -> None:
            if trainer.steps % CHECKPOINT_EVERY == 0:
                folder.save_checkpoint(trainer)

        while trainer.steps < options.steps:
            trainer.train_epoch(after_step)
            folder.save_epoch(trainer)
            # At the end of an epoch, since the log of one at hand keeps its steps' losses.
            if trainer.steps * options.counts >= len(counts) * options.steps:
                counts.append(_count(trainer.steps, folder.path))
                print("  ".join(f"{key} {value}" for key, value in counts[-1].items()), flush=True)
    counted = [count for count in counts if count["steps"] >= WARM_UP * options.steps]
    half = len(counted) // 2
    growth = {
        key: max(count[key] for count in counted[half:]) - max(count[key] for count in counted[:half])
        for key in counted[0]
        if key != "steps"
    }
    # Every epoch adds its record to the history, which is written at the end: numbers, no tensors.
    flat = growth["resident_bytes"] <= GROWTH and all(growth[key] <= 0 for key in growth if key != "resident_bytes")
    result = {**describe(torch.device("cpu")), "steps": trainer.steps, "flat": flat, "growth": growth, "counts": counts}
    leave(result, options.json)
    print(f"{trainer.steps} steps, from the first half to the second: {growth}, {'flat' if flat else 'NOT FLAT'}")
    return 0 if flat else 1


def _count(steps: int, folder: Path) -> dict[str, Any]:
    """What a process can hold on to."""
    gc.collect()
    return {
        "steps": steps,
        "resident_bytes": int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize(),
        "tensors": sum(issubclass(type(thing), torch.Tensor) for thing in gc.get_objects()),
        "open_files": len(os.listdir("/proc/self/fd")),
        "threads": threading.active_count(),
        "processes": len(Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()),
        "files": sum(1 for path in folder.rglob("*") if path.is_file()),
    }


if __name__ == "__main__":
    sys.exit(main(tyro.cli(Options, description=__doc__)))
