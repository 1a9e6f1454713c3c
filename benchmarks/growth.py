"""Cost of a meta step as work grows: batch, depth, width, and the number of layers whose meta gradient is kept.

    python benchmarks/growth.py --keep-memory --json benchmarks/results/growth-cpu.json        # sizes for a CPU
    python benchmarks/growth.py --large --precision tf32 --json ...                            # for a GPU

Each point is a whole step as a multiple of plain SGD's on the same network and batch, beside what the arithmetic alone
gives (see `predicted`). Layers are drawn at random and anew every step, but for "every".
"""

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

import torch
import tyro
from measuring.precision import Precision, computing_in
from measuring.result import begin, leave
from measuring.timing import Spread, interleaved, paired_ratio
from meta_steps.tables import PLAIN, Row, Table
from meta_steps.trial import Trial

SEED = 0
EVERY = Row("every layer", "pushforward")
LAST = Row("last block", "pushforward", "block", -1)


@dataclass(frozen=True)
class Axis:
    """What grows, from a base network and batch.

    Attributes:
        name: A size of the table, or "layers".
    """

    name: Literal["batch", "depth", "width", "layers"]
    values: tuple[int, ...]


BASE = Table("", (PLAIN,), depth=16, width=1, batch=16, meta_batch=16)
AXES = (
    Axis("batch", (4, 8, 16, 32, 64, 128, 256, 512, 1024)),
    Axis("depth", (10, 16, 22, 28, 40)),
    Axis("width", (1, 2, 3, 4, 6, 8, 10)),
    Axis("layers", (1, 2, 4, 8, 16, 29)),
)
LARGE_BASE = Table("", (PLAIN,), depth=28, width=4, batch=128, meta_batch=128)
LARGE_AXES = (
    Axis("batch", (32, 64, 128, 256, 512, 1024)),
    Axis("depth", (16, 22, 28, 34, 40)),
    Axis("width", (1, 2, 4, 6, 8, 10)),
    Axis("layers", (1, 2, 4, 8, 16, 32, 53)),
)


@dataclass(frozen=True)
class Options:
    """What to measure.

    Attributes:
        axes: Names of the axes; all of them by default.
        large: The sizes for a GPU.
        device: auto is the GPU where there is one.
        rounds: Timed steps of every point.
        warm_up: Steps of every point before.
        threads: Threads of the CPU; all cores by default.
        keep_memory: Keep what a step frees for the next one (see `famus_ext.keep_freed_memory`).
        precision: See `precision.computing_in`.
        json: Where to leave the result.
    """

    axes: tuple[Literal["batch", "depth", "width", "layers"], ...] = ("batch", "depth", "width", "layers")
    large: bool = False
    device: Literal["auto", "cpu", "cuda"] = "auto"
    rounds: int = 9
    warm_up: int = 2
    threads: int | None = None
    keep_memory: bool = False
    precision: Precision = "fp32"
    json: Path | None = None


def main(options: Options) -> None:
    """Measure the chosen axes, print every point, and leave the JSON."""
    if options.rounds < 2:
        raise SystemExit(f"growth: expected at least 2 rounds, which show a spread, got {options.rounds}")
    device, head = begin("growth", options.device, options.threads, options.keep_memory)
    base, axes = (LARGE_BASE, LARGE_AXES) if options.large else (BASE, AXES)
    result: dict[str, Any] = {
        **head,
        "precision": options.precision,
        "base": base.size,
        "axes": [],
    }
    print(f"{result['device']}, {result['threads']} threads, torch {result['versions']['torch']}, {options.precision}")
    for axis in axes:
        if axis.name not in options.axes:
            continue
        points = []
        for value in axis.values:
            points.append({"value": value, **measure(*_point(base, axis, value), device, options)})
            print(_line(axis, points[-1]), flush=True)
        result["axes"].append({"name": axis.name, "points": points})
    leave(result, options.json)


def _point(base: Table, axis: Axis, value: int) -> tuple[Table, tuple[Row, ...]]:
    """The table and the rows of one point."""
    if axis.name == "layers":
        return base, (Row("random layers", "pushforward", "random", value),)
    sizes = {axis.name: value} | ({"meta_batch": value} if axis.name == "batch" else {})
    return replace(base, **sizes), (EVERY, LAST)


def measure(table: Table, rows: tuple[Row, ...], device: torch.device, options: Options) -> dict[str, Any]:
    """Time the rows beside plain SGD: multiples of it, measured and predicted."""
    trials = {row.name: Trial(row, table, device, SEED) for row in (PLAIN, *rows)}
    with computing_in(options.precision, device):
        for step in range(options.warm_up):
            torch.manual_seed(SEED + step)
            for trial in trials.values():
                trial()
        times = interleaved(trials, options.rounds, device, SEED)
    plain = times[PLAIN.name]
    return {
        "plain_ms": asdict(Spread.of(plain)),
        "rows": [
            {
                "name": row.name,
                "times_plain": asdict(paired_ratio(times[row.name], plain)),
                "predicted": trials[row.name].prediction(options.rounds).times_plain,
            }
            for row in rows
        ],
    }


def _line(axis: Axis, point: dict[str, Any]) -> str:
    """One point as text."""
    rows = "; ".join(
        f"{row['name']} {row['times_plain']['median']:.2f} (predicted {row['predicted']:.2f})" for row in point["rows"]
    )
    return f"{axis.name} {point['value']}: plain {point['plain_ms']['median']:.1f} ms; {rows}"


if __name__ == "__main__":
    main(tyro.cli(Options, description=__doc__))
