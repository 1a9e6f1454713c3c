"""Where the time of a meta step goes, beside what its products alone would take.

    python benchmarks/profile_step.py                               # WRN-16-4, for a CPU
    python benchmarks/profile_step.py --table 1 --precision tf32    # WRN-28-10, for a GPU

Every phase stands beside its floor in forward passes f (see `predicted`), where 3 f is the plain SGD step of the same
run. All but convolutions and matrix products is above the floor. The phases and the rest are the whole step; the last
line gives a step that nobody watches, for comparison.
"""

import statistics
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

import torch
import tyro
from measuring.precision import Precision, computing_in
from measuring.result import begin, leave
from measuring.timing import Spread, milliseconds
from meta_steps.paper_tables import PAPER
from meta_steps.phase_times import phase_milliseconds
from meta_steps.predicted import PLAIN_STEP, Work, passes_by_phase
from meta_steps.quick_tables import QUICK
from meta_steps.sizes import Sizes
from meta_steps.tables import Row, Table
from meta_steps.trial import Trial

SEED = 0
ENGINES = ("pushforward", "ghost")
"""The engines whose steps have these phases."""


@dataclass(frozen=True)
class Options:
    """What to profile.

    Attributes:
        table: One of the paper's tables, 1 to 4; by default the two quick ones, WRN-16-4 with BatchNorm and GroupNorm.
        rows: Names of the rows; by default all whose engine is profiled.
        sizes: Another network or batch than the table's.
        device: auto is the GPU where there is one.
        rounds: Timed steps of every row.
        warm_up: Steps of every row before.
        threads: Threads of the CPU; all cores by default.
        keep_memory: Keep what a step frees for the next one (see `famus_ext.keep_freed_memory`).
        precision: See `precision.computing_in`.
        json: Where to leave the result.
    """

    table: Literal[1, 2, 3, 4] | None = None
    rows: tuple[str, ...] = ()
    sizes: tyro.conf.OmitArgPrefixes[Sizes] = field(default_factory=Sizes)
    device: Literal["auto", "cpu", "cuda"] = "auto"
    rounds: int = 7
    warm_up: int = 3
    threads: int | None = None
    keep_memory: bool = False
    precision: Precision = "fp32"
    json: Path | None = None


def main(options: Options) -> None:
    """Profile the chosen rows, print a table for each, and leave the JSON."""
    device, head = begin("profile_step", options.device, options.threads, options.keep_memory)
    result: dict[str, Any] = {
        **head,
        "precision": options.precision,
        "tables": [],
    }
    print(f"{result['device']}, {result['threads']} threads, torch {result['versions']['torch']}, {options.precision}")
    for chosen in QUICK if options.table is None else (PAPER[options.table],):
        table = options.sizes.of(chosen)
        rows = [row for row in table.rows if row.name in options.rows or (not options.rows and row.engine in ENGINES)]
        profiles = [profile(row, table, device, options) for row in rows]
        result["tables"].append(
            {name: getattr(table, name) for name in ("depth", "width", "batch", "meta_batch", "norm")}
            | {"rows": profiles}
        )
        for record in profiles:
            print("\n" + format_profile(record, table), flush=True)
    if not any(table["rows"] for table in result["tables"]):
        raise SystemExit(f"profile_step: no row of the table is named {' or '.join(options.rows)}")
    leave(result, options.json)


def profile(row: Row, table: Table, device: torch.device, options: Options) -> dict[str, Any]:
    """Time plain SGD, the row's step and the row's phases in turn: a record of medians for the result file."""
    if row.engine not in ENGINES:
        raise SystemExit(f"profile_step: {row.name} has no phases of {' or '.join(ENGINES)}")
    plain, trial = Trial(table.rows[0], table, device, SEED), Trial(row, table, device, SEED)
    whole: dict[str, list[float]] = {"plain": [], "step": []}
    phases: list[dict[str, float]] = []
    with computing_in(options.precision, device):
        for index in range(options.warm_up + options.rounds):
            torch.manual_seed(SEED + index)
            times = milliseconds(plain, device), milliseconds(trial, device), phase_milliseconds(trial, device)
            if index >= options.warm_up:
                whole["plain"].append(times[0])
                whole["step"].append(times[1])
                phases.append(times[2])
    floors = _floors(trial, row, options.rounds)
    forward = statistics.median(whole["plain"]) / PLAIN_STEP
    return {
        "name": row.name,
        "plain_ms": asdict(Spread.of(whole["plain"])),
        "step_ms": asdict(Spread.of(whole["step"])),
        "watched_ms": asdict(Spread.of([sum(times.values()) for times in phases])),
        "phases": {
            name: {
                "ms": (median := statistics.median(times[name] for times in phases)),
                "forward_passes": median / forward,
                "floor": floors.get(name, 0.0),
            }
            for name in phases[0]
        },
    }


def _floors(trial: Trial, row: Row, rounds: int) -> dict[str, float]:
    """Forward passes that each phase is worth, in the mean over the timed steps."""
    x, _, x_meta, _ = trial.batch
    work = Work.of(trial.model, x[:1])
    # Every round takes two steps.
    passes = [passes_by_phase(row, work, active, len(x_meta) / len(x)) for active in trial.active(2 * rounds)]
    return {name: statistics.fmean(step[name] for step in passes) for name in passes[0]}


def format_profile(record: dict[str, Any], table: Table) -> str:
    """Lay out one row's phases as a Markdown table."""
    phases = record["phases"]
    total, passes = (sum(phase[key] for phase in phases.values()) for key in ("ms", "forward_passes"))
    floor = sum(phase["floor"] for phase in phases.values())
    lines = [
        f"{record['name']} ({table.size})",
        "",
        "| phase | ms | share | f | floor |",
        "|---|---:|---:|---:|---:|",
        *(
            f"| {name} | {phase['ms']:.2f} | {phase['ms'] / total:.1%} | {phase['forward_passes']:.2f} "
            f"| {phase['floor']:.2f} |"
            for name, phase in phases.items()
        ),
        f"| all | {total:.2f} | 100.0% | {passes:.2f} | {floor:.2f} |",
        "",
        f"unwatched step {record['step_ms']['median']:.2f} ms, plain SGD {record['plain_ms']['median']:.2f} ms (3 f)",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    main(tyro.cli(Options, description=__doc__))
