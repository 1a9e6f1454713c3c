"""What a captured step cannot be taken with."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.distributed as dist
from torch import nn

from famus_ext.losses import DeferredReweighting
from famus_ext.meta_models import BatchMetaModel, SemiSupervised

CHANGING = {
    BatchMetaModel: "makes its weights anew for every batch, on the host",
    DeferredReweighting: "changes with the epoch, which a recorded graph does not notice",
    SemiSupervised: "changes with the epoch, which a recorded graph does not notice",
}
"""Modules whose Python must run in every step, and why."""


def check_capture(parts: Sequence[object], engine: str, schedule: str, *, micro_batches: int, recompute: bool) -> None:
    """Raise ValueError for arguments of MetaStep that exclude capture=True; parts are the network, Ψ and the losses."""
    if engine != "pushforward":
        raise ValueError(f'capture: expected engine="pushforward", got {engine!r}, which may read values on the host')
    if schedule != "paper":
        raise ValueError(
            f'capture: expected schedule="paper", got {schedule!r}, whose optimizer steps in the midst of a section'
        )
    if micro_batches > 1 or recompute:
        raise ValueError(
            "capture: expected micro_batches=1 and recompute=False, since a graph's memory is held from step to step"
        )
    for module in (m for part in parts if isinstance(part, nn.Module) for m in part.modules()):
        for kind, reason in CHANGING.items():
            if isinstance(module, kind):
                raise ValueError(f"capture: {type(module).__name__} {reason}")
    if dist.is_available() and dist.is_initialized():
        raise ValueError("capture: expected one process, got an initialised torch.distributed")


def check_device(model: nn.Module) -> torch.device:
    """The CUDA device that all parameters are on.

    Raises:
        ValueError: There is no such device.
    """
    devices = {p.device for p in model.parameters()}
    if len(devices) != 1 or next(iter(devices)).type != "cuda":
        raise ValueError(
            f"capture: expected parameters on a CUDA device, got {', '.join(sorted(map(str, devices))) or 'none'}"
        )
    return devices.pop()


def check_no_autocast(device: torch.device) -> None:
    """Raise ValueError under autocast, whose cache of cast weights would be recorded as it is once."""
    if torch.is_autocast_enabled(device.type):
        raise ValueError("capture: expected a step outside torch.autocast; cast the network, or use capture=False")
