"""One row of the table of ops: an op beside the machine's peak and its rivals, in the same rounds."""

import math
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from typing import Any

import torch
from measuring.timing import Spread, interleaved, milliseconds, paired_ratio

from contenders.case import Case
from famus_ext._native import path

# Calls are timed together until they take this long: a GPU's launch of the first is hidden, a clock's step is small.
BLOCK_MILLISECONDS = 5.0
MOST_CALLS = 100
# Roundings that a relative error may have: a few of the inputs' dtype, and those of long sums in float32 or float64.
ROUNDINGS, ROUNDINGS_OF_SUMS = 4, 16
# The rival in float64, which an op is held against, rounds too: torch.dot by 1e-14 in sums of half a million products.
ROUNDINGS_OF_RIVAL = 64
# Of the square matrices whose product shows the peak of arithmetic, the first and the largest that are tried.
FIRST_SIZE, LARGEST_SIZE = 256, 16384


def measure(case: Case, rounds: int, *, compiled: bool) -> dict[str, Any]:
    """Check a case, time it, and put it beside its rivals: a record for the result file.

    Raises:
        ArithmeticError: the op's error is above what rounding in the inputs' dtype can leave.
    """
    error = case.error()
    wide = torch.promote_types(case.dtype, torch.float32)
    roundings = (case.dtype, ROUNDINGS), (wide, ROUNDINGS_OF_SUMS), (torch.float64, ROUNDINGS_OF_RIVAL)
    if not error <= sum(count * torch.finfo(dtype).eps for dtype, count in roundings):
        raise ArithmeticError(f"{case.op}, {case.size}: relative error {error} in {case.dtype}")
    peak, peak_work = _peak(case)
    calls: dict[str, Callable[[], object]] = {
        "peak": peak,
        "native": lambda: case.native(*case.inputs),
        "eager": lambda: case.eager(*case.inputs),
    }
    not_compiled = "not asked for"
    if compiled:
        rival, not_compiled = _compiled(case)
        calls |= rival
    times = _times(calls, rounds, case.device)
    compiled_ratio = paired_ratio(times["compiled"], times["native"]) if "compiled" in times else None
    spread, work = Spread.of(times["native"]), case.flops or case.bytes
    share = {
        name: value * work / peak_work for name, value in asdict(paired_ratio(times["peak"], times["native"])).items()
    }
    return {
        "op": case.op,
        "size": case.size,
        "dtype": str(case.dtype).removeprefix("torch."),
        "path": path(case.op, case.device).name,
        "microseconds": {name: 1e3 * value for name, value in asdict(spread).items()},
        "bound": "arithmetic" if case.flops else "memory",
        "per_second": 1e3 * work / spread.median,
        "share_of_peak": share,
        "speedup_over_eager": asdict(paired_ratio(times["eager"], times["native"])),
        "speedup_over_compiled": compiled_ratio and asdict(compiled_ratio),
        "not_compiled": not_compiled,
        "relative_error": error,
    }


def _peak(case: Case) -> tuple[Callable[[], object], int]:
    """What shows the machine's peak, and its work: flops of a matrix product, or bytes of a copy."""
    if case.flops:
        return _product(case.device, case.dtype)
    source = torch.ones(case.bytes // 2, dtype=torch.uint8, device=case.device)
    target = torch.empty_like(source)
    return lambda: target.copy_(source), 2 * source.numel()


def _product(device: torch.device, dtype: torch.dtype) -> tuple[Callable[[], object], int]:
    """The product of the smallest matrices, 256 x 256 or twice, four times ... that, that fill a block, and its flops.

    Smaller ones do not show what a GPU can do; a CPU without float16 arithmetic takes a minute for 2,048 x 2,048.
    """
    size = FIRST_SIZE
    while True:
        a, b, c = torch.ones(3, size, size, device=device, dtype=dtype)
        multiply = partial(torch.mm, a, b, out=c)
        multiply()
        if size == LARGEST_SIZE or milliseconds(multiply, device) >= BLOCK_MILLISECONDS:
            return multiply, 2 * size**3
        size *= 2


def _compiled(case: Case) -> tuple[dict[str, Callable[[], object]], str | None]:
    """The compiled rival by its name, after its first call; none and the reason where it cannot be made."""
    torch.compiler.reset()  # it gives up on a function that it has compiled for many sizes
    rival = case.compile()
    try:
        rival(*case.inputs)
    except (RuntimeError, ImportError) as error:  # torch.compile's own are of the first kind
        return {}, f"{type(error).__name__}: {error}".splitlines()[0]
    return {"compiled": lambda: rival(*case.inputs)}, None


def _times(calls: dict[str, Callable[[], object]], rounds: int, device: torch.device) -> dict[str, list[float]]:
    """Milliseconds of every call by round, each the mean of as many calls as fill a block."""
    counts = {}
    for name, call in calls.items():
        call()
        counts[name] = max(1, min(MOST_CALLS, math.ceil(BLOCK_MILLISECONDS / milliseconds(call, device))))
    blocks = {name: _repeated(call, counts[name]) for name, call in calls.items()}
    totals = interleaved(blocks, rounds, device)
    return {name: [total / counts[name] for total in totals[name]] for name in calls}


def _repeated(call: Callable[[], object], times: int) -> Callable[[], None]:
    """A call that calls several times."""

    def repeated() -> None:
        for _ in range(times):
            call()

    return repeated
