"""What a benchmark leaves: a JSON file that begins with the machine and the conditions."""

import json
from pathlib import Path
from typing import Any

import torch

import famus_ext as famus
from measuring.environment import describe, find_device


def begin(
    benchmark: str, device: str, threads: int | None = None, keep_memory: bool = False
) -> tuple[torch.device, dict[str, Any]]:
    """Set the conditions of a benchmark: the device, and the head of its result.

    Args:
        benchmark: Its name.
        device: See `find_device`.
        threads: Threads of the CPU; all cores by default.
        keep_memory: Keep what is freed for the next call (see `famus_ext.keep_freed_memory`).
    """
    found = find_device(device)
    if threads is not None:
        torch.set_num_threads(threads)
    kept = keep_memory and famus.keep_freed_memory()
    return found, {"benchmark": benchmark, **describe(found), "kept_memory": kept}


def leave(result: dict[str, Any], path: Path | None) -> None:
    """Write what there is of the result, whole or not at all, since a benchmark may be stopped; None writes nothing."""
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_name(path.name + ".unfinished")
        unfinished.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
        unfinished.replace(path)
