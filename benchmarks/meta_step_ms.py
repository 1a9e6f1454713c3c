"""Milliseconds and memory of one step of meta-learning, beside plain SGD, double backward and the paper's figures.

    python benchmarks/meta_step_ms.py                      # on a GPU the paper's tables, on a CPU the small ones
    python benchmarks/meta_step_ms.py --quick              # a small network and its twin with GroupNorm, for a CPU
    python benchmarks/meta_step_ms.py --table 1 4          # those of the paper's tables, on a CPU too

Before anything is timed, the rows' first steps are held against double backward's. Times are medians and quartiles over
interleaved rounds; multiples of plain SGD are formed round by round, and stand beside those that the arithmetic alone
would give. Memory is the peak that a step allocates.

On a CPU with glibc, a step that holds two graphs may pay for the same memory page by page in every step, a tenth of its
time or more: glibc gives freed memory back to the system. With --keep-memory every row keeps it, plain SGD too
(`famus_ext.keep_freed_memory`).
"""

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

import torch
import tyro
from measuring.memory import peak_bytes
from measuring.precision import Precision, computing_in
from measuring.result import begin, leave
from measuring.timing import Spread, interleaved, paired_ratio
from meta_steps.agreement import Agreement, first_steps
from meta_steps.captured import obstacle, with_captured
from meta_steps.group_norm import GROUPS
from meta_steps.paper_tables import PAPER
from meta_steps.quick_tables import QUICK
from meta_steps.report import format_table
from meta_steps.sizes import Sizes
from meta_steps.tables import Row, Table
from meta_steps.trial import Prediction, Trial
from rivals.rows import with_rivals

SEED = 0
# Where the layers vary the memory does too: the peak is taken over a few steps.
MEMORY_STEPS = 3


@dataclass(frozen=True)
class Options:
    """What to measure.

    Attributes:
        quick: The small tables: WRN-16-4 and its twin with GroupNorm, batch 32 + 32.
        table: The paper's tables to measure; by default all four on a GPU and the small ones on a CPU, where a table
            of WRN-28-10 takes hours.
        device: auto is the GPU where there is one.
        sizes: Another network or batch than the tables'.
        rounds: Timed steps of every row.
        warm_up: Steps of every row before; the learned samplers close most of their gates in them.
        threads: Threads of the CPU; all cores by default.
        keep_memory: Keep what a step frees for the next one.
        rivals: Add the steps of other packages that are installed, of torch.func.jvp, of a one-sided difference, and of
            plain SGD under torch.compile.
        captured: Add a twin in CUDA graphs of every step that can be captured; takes a GPU and fp32.
        precision: What is timed (see `precision.computing_in`); first steps are compared in float32.
        json: Where to leave the result.
    """

    quick: bool = False
    table: tuple[Literal[1, 2, 3, 4], ...] = ()
    device: Literal["auto", "cpu", "cuda"] = "auto"
    sizes: tyro.conf.OmitArgPrefixes[Sizes] = field(default_factory=Sizes)
    rounds: int = 7
    warm_up: int = 5
    threads: int | None = None
    keep_memory: bool = False
    rivals: bool = False
    captured: bool = False
    precision: Precision = "fp32"
    json: Path | None = None


def main(options: Options) -> None:
    """Measure the chosen tables, print them, and leave the JSON."""
    if options.rounds < 2:
        raise SystemExit(f"meta_step_ms: expected at least 2 rounds, which show a spread, got {options.rounds}")
    device, head = begin("meta_step_ms", options.device, options.threads, options.keep_memory)
    result: dict[str, Any] = {
        **head,
        "precision": options.precision,
        "tables": [],
    }
    print(f"{result['device']}, {result['threads']} threads, torch {result['versions']['torch']}, {options.precision}")
    tables = [options.sizes.of(table) for table in chosen(options, device)]
    if options.rivals:
        tables = [with_rivals(table) for table in tables]
    if options.captured:
        reason = obstacle(device, options.precision)
        if reason is not None:
            print(f"captured rows are left out: {reason}")
        else:
            tables = [with_captured(table) for table in tables]
    for table in tables:
        measured = measure(table, device, options)
        result["tables"].append(measured)
        print("\n" + format_table(measured), flush=True)
        leave(result, options.json)


def measure(table: Table, device: torch.device, options: Options) -> dict[str, Any]:
    """Check and measure the rows of one table: a record for the result file."""
    trials = {row.name: Trial(row, table, device, SEED) for row in table.rows}
    with computing_in("fp32", device):
        agreements = first_steps(table.rows, trials, SEED)
    rows = [row for row in table.rows if row.measured]
    trials = {row.name: trials[row.name] for row in rows}
    with computing_in(options.precision, device):
        for step in range(options.warm_up):
            for trial in trials.values():
                torch.manual_seed(SEED + step)
                trial()
        peaks = {row.name: _peak(trials[row.name], device) for row in rows}
        times = interleaved(trials, options.rounds, device, SEED)
    predictions = {name: trial.prediction(options.rounds) for name, trial in trials.items()}
    active = {name: trial.active_layers(options.rounds) for name, trial in trials.items()}
    references = [asdict(row) for row in table.rows if not row.measured]
    record = asdict(table) | {
        "size": table.size,
        "references": references,
        "rounds": options.rounds,
        "warm_up": options.warm_up,
    }
    record["groups"] = GROUPS if table.norm == "group" else None
    return record | {"rows": [_row_record(row, table, times, peaks, predictions, active, agreements) for row in rows]}


def _peak(trial: Trial, device: torch.device) -> int:
    """Peak memory of a step, or of the worst of some."""
    peaks = []
    for step in range(MEMORY_STEPS if trial.row.layers_vary else 1):
        # As while timing: rows that draw the same layers go on drawing the same.
        torch.manual_seed(SEED + step)
        peaks.append(peak_bytes(trial, device))
    return max(peaks)


def _row_record(
    row: Row,
    table: Table,
    times: dict[str, list[float]],
    peaks: dict[str, int],
    predictions: dict[str, Prediction],
    active: dict[str, float | None],
    agreements: dict[str, Agreement],
) -> dict[str, Any]:
    """What was measured of one row, in terms of plain SGD and of double backward through every layer."""
    plain, base = table.rows[0], table.base_of(row)
    agreement = agreements.get(row.name)
    return asdict(row) | {
        "ms": asdict(Spread.of(times[row.name])),
        "times_plain": asdict(paired_ratio(times[row.name], times[plain.name])),
        "predicted": asdict(predictions[row.name]),
        "speedup": asdict(paired_ratio(times[base.name], times[row.name])),
        "paper_speedup": None if row.paper_ms is None else base.paper_ms / row.paper_ms,
        "peak_bytes": peaks[row.name],
        "peak_times_plain": peaks[row.name] / peaks[plain.name],
        "active_layers": active[row.name],
        "agreement": None if agreement is None else asdict(agreement),
    }


def chosen(options: Options, device: torch.device) -> tuple[Table, ...]:
    """The tables that the options ask for, or the default of the device."""
    if options.table and not options.quick:
        return tuple(PAPER[number] for number in options.table)
    if device.type == "cuda" and not options.quick:
        return tuple(PAPER.values())
    if not options.quick:
        print("Without a GPU the small tables are measured; --table 1 measures the paper's first on this CPU.")
    return QUICK


if __name__ == "__main__":
    main(tyro.cli(Options, description=__doc__))
