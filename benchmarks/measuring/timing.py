"""Time of a call: interleaved rounds, so that a machine that slows down slows every rival alike."""

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch


@dataclass(frozen=True)
class Spread:
    """Median and quartiles of repeated measurements, in the unit of the measurements."""

    median: float
    lower_quartile: float
    upper_quartile: float

    @classmethod
    def of(cls, values: list[float]) -> "Spread":
        """Summarise at least two values."""
        lower, median, upper = statistics.quantiles(values, n=4, method="inclusive")
        return cls(median, lower, upper)


def milliseconds(call: Callable[[], object], device: torch.device) -> float:
    """Time one call: by CUDA events on a GPU, by the wall clock on a CPU."""
    if device.type == "cuda":
        begin, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
        torch.cuda.synchronize(device)
        begin.record()
        call()
        end.record()
        torch.cuda.synchronize(device)
        return begin.elapsed_time(end)
    start = time.perf_counter()
    call()
    return 1e3 * (time.perf_counter() - start)


def interleaved(
    calls: Mapping[str, Callable[[], object]], rounds: int, device: torch.device, seed: int = 0
) -> dict[str, list[float]]:
    """Time every call once a round; the order rotates, so that none always follows the same rival.

    PyTorch is seeded alike before every call of a round: rivals that sample draw the same numbers.

    Returns:
        For each name the milliseconds of its `rounds` calls, by round: values of equal index are a pair.
    """
    if rounds < 2:
        raise ValueError(f"rounds must be at least 2 to show a spread, got {rounds}")
    names = list(calls)
    times: dict[str, list[float]] = {name: [] for name in names}
    for index in range(rounds):
        first = index % len(names)
        for name in names[first:] + names[:first]:
            torch.manual_seed(seed + index)
            times[name].append(milliseconds(calls[name], device))
    return times


def paired_ratio(times: list[float], base: list[float]) -> Spread:
    """Spread of the ratios to the base of the same round, which is steadier than the ratio of two medians."""
    return Spread.of([value / reference for value, reference in zip(times, base, strict=True)])
