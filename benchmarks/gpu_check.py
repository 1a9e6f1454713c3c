"""Everything that has to be seen on a GPU, in one run of under ten minutes that leaves one JSON.

    python benchmarks/gpu_check.py                         # on a machine with a GPU, in a checkout of the repository
    python benchmarks/gpu_check.py --dry-run               # shows the plan, and parses its commands; takes no GPU
    python benchmarks/gpu_check.py --parts tests ops       # some of it

Builds in place for this GPU alone, runs the tests marked `gpu`, the ops beside a copy and their rivals, the tables of
meta_step_ms, captured and not, the phases of a step, the ops under compute-sanitizer, repeats for bit equality, growth.
What tells most comes first, and a part has what is left of the time: it is stopped before only if it seems to hang. A
part that fails, is missing its tool or runs out of time is recorded, with what it had measured, and the rest goes on;
the JSON is rewritten after every part. Exits with 1 unless every part passed. Needs the extras [test] and [bench], what
builds the package (setuptools, pybind11, cmake, ninja, nvcc), and compute-sanitizer, which comes with CUDA.

The script has not run on a GPU yet: what it does without one (every part fails and says why) is all that is tested.
"""

import contextlib
import importlib
import io
import json
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tyro
from gpu_parts.execution import execute, run, shown
from gpu_parts.plan import BENCHMARKS, PLAN, PYTHON, Part

# Left of the budget for writing down what happened.
RESERVE_SECONDS = 15


@dataclass(frozen=True)
class Options:
    """What to run.

    Attributes:
        out: Where to leave the record.
        budget: Seconds for everything.
        parts: Names of the parts to run; all of them by default.
        dry_run: Show the plan, parse its commands, and stop.
    """

    out: Path = BENCHMARKS / "results" / "gpu_check.json"
    budget: int = 570
    parts: tuple[str, ...] = ()
    dry_run: bool = False


def main(options: Options) -> int:
    """Run the plan and return the exit status."""
    unknown = set(options.parts) - {part.name for part in PLAN}
    if unknown:
        raise SystemExit(f"no such parts: {sorted(unknown)}; there are {[part.name for part in PLAN]}")
    plan = [part for part in PLAN if not options.parts or part.name in options.parts]
    if options.dry_run:
        return show(plan)
    deadline = time.monotonic() + options.budget - RESERVE_SECONDS
    records: list[dict[str, Any]] = []
    options.out.parent.mkdir(parents=True, exist_ok=True)
    for part in plan:
        record = run(part, deadline)
        print(f"{part.name}: {record['status']} after {record['seconds']:.0f} s", flush=True)
        records.append(record)
        options.out.write_text(json.dumps({"benchmark": "gpu_check", "parts": records}, indent=1) + "\n")
    return 0 if all(record["status"] == "passed" for record in records) else 1


def show(plan: list[Part]) -> int:
    """Print every part and what is wrong with its command; 1 if something is."""
    reasons = []
    for part in plan:
        reasons.append(unparsed(part.command))
        print(f"{part.name} (at most {part.seconds} s): {shown(part)}", flush=True)
        if reasons[-1]:
            print(f"  NOT PARSED: {reasons[-1]}")
    return 1 if any(reasons) else 0


def unparsed(command: tuple[str, ...]) -> str | None:
    """Why a command of the plan would stop at its arguments; None where it would not."""
    _, *arguments = command[command.index(PYTHON) :]
    if arguments[:2] == ["-m", "pytest"]:
        alone = ("-n", "0") if "-n" in arguments else ()
        reason, output = execute((PYTHON, *arguments, *alone, "--collect-only"), 120, {})
        return None if reason is None else f"{reason}: {output.strip().splitlines()[-1]}"
    if arguments[0] == "-c":
        compile(arguments[1], "command", "exec")
    if arguments[0].endswith(".py"):
        script = importlib.import_module(Path(arguments[0]).stem)
        complaint = io.StringIO()
        try:
            with contextlib.redirect_stderr(complaint), contextlib.redirect_stdout(complaint):
                tyro.cli(script.Options, args=arguments[1:])
        except SystemExit:
            return complaint.getvalue()
    return None


if __name__ == "__main__":
    sys.exit(main(tyro.cli(Options, description=__doc__)))
