"""Peak memory of a call: what is allocated on top of what was there when it began."""

import json
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import torch
from torch.profiler import ProfilerActivity, profile

# Kineto otherwise reports every start and stop of the profiler on stderr.
os.environ.setdefault("KINETO_LOG_LEVEL", "99")


def peak_bytes(call: Callable[[], object], device: torch.device) -> int:
    """Peak of the bytes that one call allocates and has not yet freed; memory from before the call counts as 0."""
    return _cuda_peak(call, device) if device.type == "cuda" else _cpu_peak(call)


def _cuda_peak(call: Callable[[], object], device: torch.device) -> int:
    torch.cuda.synchronize(device)
    torch.cuda.reset_peak_memory_stats(device)
    before = torch.cuda.memory_allocated(device)
    call()
    torch.cuda.synchronize(device)
    return torch.cuda.max_memory_allocated(device) - before


def _cpu_peak(call: Callable[[], object]) -> int:
    """The profiler sees every allocation and release of PyTorch's CPU allocator, temporaries inside kernels too."""
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as profiler:
        call()
    with tempfile.TemporaryDirectory() as folder:
        trace = Path(folder) / "trace.json"
        profiler.export_chrome_trace(str(trace))
        events = json.loads(trace.read_text())["traceEvents"]
    changes = [(float(event["ts"]), event["args"]) for event in events if event.get("name") == "[memory]"]
    now = peak = 0
    for _, change in sorted(changes, key=lambda timed: timed[0]):
        now += change["Bytes"]
        peak = max(peak, now)
    return peak
