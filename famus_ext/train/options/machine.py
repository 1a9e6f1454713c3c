"""Options: where it runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from famus_ext.train.options.check import require_count

Device = Literal["auto", "cpu", "cuda", "mps"]


@dataclass(frozen=True)
class MachineOptions:
    """Where it runs; these change no number of a run but by rounding."""

    device: Device = "auto"
    """auto: cuda where a GPU can be used (which one: CUDA_VISIBLE_DEVICES), else cpu. mps: Apple's GPU, unproven."""
    deterministic: bool = False
    """Take deterministic algorithms alone, so that equal runs on one device are equal to the bit."""
    capture: bool = False
    """Record the meta step in CUDA graphs: for small networks on a GPU; batches of one size, not for l2r. Unproven."""
    threads: int = 1
    """Threads on the CPU. One is fastest for a small network, and gives the same numbers on any machine."""

    def __post_init__(self) -> None:
        require_count("--threads", self.threads)
