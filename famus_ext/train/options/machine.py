"""Options: where it runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from famus_ext.train.options.check import require_count

Device = Literal["auto", "cpu", "cuda"]


@dataclass(frozen=True)
class MachineOptions:
    """Where it runs."""

    device: Device = "auto"
    """auto: cuda where a GPU can be used, else cpu."""
    deterministic: bool = False
    """Take deterministic algorithms alone: equal runs on one device are equal to the bit, as on the CPU anyway."""
    threads: int = 1
    """Threads of the CPU kernels. One is fastest for a small network, and the same numbers on any number of cores."""

    def __post_init__(self) -> None:
        require_count("--threads", self.threads)
