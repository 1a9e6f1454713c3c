"""Time of the native ops beside the machine's own peak, PyTorch's operations and torch.compile.

    python benchmarks/ops.py                                          # every op and dtype, two networks' sizes
    python benchmarks/ops.py --op virtual_step --dtype float32 --network 16-4 --no-compile
    python benchmarks/ops.py --device cuda --step                     # and what each op buys in a whole step

The peak is measured in the same rounds: a copy of as many bytes as the op must move, or a matrix product where
arithmetic bounds it (on a CPU without float16 arithmetic that product is a plain loop, and no peak). Ratios are formed
round by round. Before a row is timed the op is held against its rival in float64; a rival that torch.compile cannot
make is left out, and the row says why.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch
import tyro
from contenders import CASES, Network
from contenders.report import TITLES, format_row, format_steps
from contenders.rows import measure
from contenders.steps import steps_by_op
from measuring.precision import computing_in
from measuring.result import begin, leave

Op = Literal[tuple(CASES)]  # type: ignore[valid-type]
DType = Literal["float32", "bfloat16", "float16", "float64"]


@dataclass(frozen=True)
class Options:
    """What to measure.

    Attributes:
        device: "cpu" or "cuda".
        op: Ops to measure; every one by default.
        dtype: Of the large tensors.
        network: Wide residual networks, depth-width, whose parameters and activations the ops are called with.
        batch: Examples in the activations.
        rounds: Timed rounds.
        compile: Let torch.compile make a rival; the first call of each takes seconds to a minute.
        step: Measure a whole meta step as well, with every op native, with none, and without each in turn.
        keep_memory: Keep what a call frees for the next one (`famus_ext.keep_freed_memory`): an output is then not paid
            for page by page.
        threads: Threads of the CPU; all cores by default.
        json: Where to leave the result.
    """

    device: Literal["cpu", "cuda"] = "cpu"
    op: tuple[Op, ...] = tuple(CASES)
    dtype: tuple[DType, ...] = ("float32", "bfloat16", "float16", "float64")
    network: tuple[str, ...] = ("16-4", "28-10")
    batch: int = 32
    rounds: int = 9
    compile: bool = True
    step: bool = False
    keep_memory: bool = False
    threads: int | None = None
    json: Path | None = None


def main(options: Options) -> None:
    """Check, measure, print row by row, and leave the JSON."""
    device, head = begin("ops", options.device, options.threads, options.keep_memory)
    result: dict[str, Any] = {
        **head,
        "rounds": options.rounds,
        "rows": [],
    }
    print(f"{result['device']}, {result['threads']} threads, torch {result['versions']['torch']}\n\n{TITLES}")
    # An op may leave a product to the vendor, which by default rounds a convolution's factors to TF32 on a GPU.
    with computing_in("fp32", device):
        for network in _networks(options, device):
            for op in options.op:
                for case in CASES[op](network):
                    torch.manual_seed(0)
                    row = measure(case, options.rounds, compiled=options.compile)
                    print(format_row(row), flush=True)
                    result["rows"].append(row)
                    leave(result, options.json)
        if options.step:
            depth, width = _sizes(options.network[0])
            result["steps"] = steps_by_op(depth, width, options.batch, device, options.rounds)
            print("\n" + format_steps(result["steps"]))
    leave(result, options.json)


def _networks(options: Options, device: torch.device) -> list[Network]:
    """The chosen sizes and dtypes."""
    sizes = [_sizes(name) for name in options.network]
    return [Network(*size, options.batch, device, getattr(torch, dtype)) for size in sizes for dtype in options.dtype]


def _sizes(name: str) -> tuple[int, int]:
    """Depth and width of a network."""
    try:
        depth, width = map(int, name.split("-"))
    except ValueError:
        raise SystemExit(f"network: expected depth-width, 28-10 say, got {name!r}") from None
    return depth, width


if __name__ == "__main__":
    main(tyro.cli(Options, description=__doc__))
