"""A thousand meta steps leave nothing behind: no tensor and no memory."""

import gc
import resource
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import famus_ext as famus

STEPS = 1_000
WARM_UP = 200


def network(norm: nn.Module) -> nn.Module:
    """Convolution, normalisation and a linear layer, 4 classes: small, so that leaks are not lost in what is used."""
    return nn.Sequential(
        nn.Conv2d(1, 4, 3, padding=1), norm, nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(16, 4)
    )


def meta_step(
    meta_model: nn.Module, sampler: Callable[[nn.Module], famus.Sampler], options: dict[str, Any]
) -> Callable[[], famus.StepOutput]:
    """A step on fresh random batches, of a network from a fixed seed."""
    torch.manual_seed(0)
    model = network(nn.GroupNorm(2, 4) if options.get("engine") == "ghost" else nn.BatchNorm2d(4))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    step = famus.MetaStep(model, optimizer, meta_model=meta_model, sampler=sampler(model), **options)
    return lambda: step(*batch(32), *batch(16))


def batch(size: int) -> tuple[Tensor, Tensor]:
    return torch.randn(size, 1, 4, 4), torch.randint(4, (size,))


def live_tensors() -> int:
    """Number of tensors that Python still refers to, once garbage is collected."""
    gc.collect()
    return sum(issubclass(type(thing), Tensor) for thing in gc.get_objects())


def resident_bytes() -> int:
    """Memory that this process has now: what a leak in C++ grows too."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="reads the resident set from /proc")
@pytest.mark.parametrize(
    ("meta_model", "sampler", "options"),
    [
        pytest.param(famus.MWNet, lambda model: famus.GumbelSampler(model, expected_layers=1), {}, id="mwnet-gumbel"),
        pytest.param(famus.L2R, lambda model: famus.AllLayers(), {}, id="l2r-all"),
        pytest.param(famus.MWNet, lambda model: famus.AllLayers(), {"schedule": "merged"}, id="merged"),
        pytest.param(famus.MWNet, lambda model: famus.AllLayers(), {"engine": "ghost"}, id="ghost"),
        pytest.param(
            famus.MWNet, lambda model: famus.AllLayers(), {"micro_batches": 2, "every": 2}, id="micro-batches"
        ),
    ],
)
def test_memory_stands_still(
    meta_model: Callable[[], nn.Module], sampler: Callable[[nn.Module], famus.Sampler], options: dict[str, Any]
) -> None:
    step = meta_step(meta_model(), sampler, options)
    for _ in range(WARM_UP):
        step()
    tensors, resident = live_tensors(), resident_bytes()
    for _ in range(STEPS):
        step()
    assert live_tensors() == tensors
    # A graph without its tensors takes 7 KiB: kept by every step, 7 MiB.
    assert resident_bytes() - resident < 2 * 2**20
