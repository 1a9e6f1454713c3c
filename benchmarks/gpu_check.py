"""Everything that has to be seen on a GPU, in one run of under ten minutes that leaves one JSON.

    python benchmarks/gpu_check.py                         # on a machine with a GPU, in a checkout of the repository
    python benchmarks/gpu_check.py --dry-run               # shows the plan
    python benchmarks/gpu_check.py --parts tests ops       # some of it

Builds in place, runs the tests marked `gpu`, repeats for bit equality, the ops' tests under compute-sanitizer, the ops
beside a copy and their rivals, the step without each of them, and the tables of meta_step_ms. A part that fails, is
missing its tool or runs out of time is recorded and the rest goes on; the JSON is rewritten after every part. Exits
with 1 unless every part passed. Needs the extras [test] and [bench], what builds the package (setuptools, pybind11,
cmake, ninja, nvcc), and compute-sanitizer, which comes with CUDA.

The script has not run on a GPU yet: what it does without one (every part fails and says why) is all that is tested.
"""

import json
import os
import shlex
import signal
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import tyro

BENCHMARKS = Path(__file__).resolve().parent
PYTHON = sys.executable
GPU_TESTS = (PYTHON, "-m", "pytest", "-m", "gpu", "-q", "-p", "no:cacheprovider")
# Only this package's kernels are instrumented, and PyTorch's own failed probes of the driver are no errors.
_OUR_KERNELS = ("--kernel-name", "kernel_substring=famus", "--report-api-errors", "no")
SANITIZER = ("compute-sanitizer", "--error-exitcode", "99", *_OUR_KERNELS)
STEP = (PYTHON, str(BENCHMARKS / "meta_step_ms.py"), "--device", "cuda")
# A GPU's times spread little; fewer rounds leave room for every table.
TABLE = (*STEP, "--rounds", "5", "--warm-up", "3", "--table")

# Left of the budget for writing down what happened.
RESERVE_SECONDS = 10
# Of a part's output, its end is kept.
OUTPUT_CHARACTERS = 4000


@dataclass(frozen=True)
class Part:
    """One command of the plan.

    Attributes:
        seconds: time after which it is stopped.
        leaves: option that takes the file which the command leaves, and the file's kind.
        environment: variables set for it.
    """

    name: str
    command: tuple[str, ...]
    seconds: int
    leaves: tuple[str, Literal["json", "junit"]] | None = None
    environment: dict[str, str] = field(default_factory=dict)


# The caching allocator hides overruns from the sanitizer: neighbours live in one allocation.
_NO_CACHE = {"PYTORCH_NO_CUDA_MEMORY_CACHING": "1"}
# A sanitizer slows every launch down, and a graph cannot be captured without the caching allocator.
_SANITIZED_TESTS = (*GPU_TESTS, "tests/ops", "-k", "not graph_capture", "--hypothesis-profile=few")
MEMCHECK = (*SANITIZER, "--tool", "memcheck", *_SANITIZED_TESTS)
RACECHECK = (*SANITIZER, "--tool", "racecheck", *_SANITIZED_TESTS)

# Without a CUDA compiler the build fails, rather than leave the GPU out.
_CUDA = {"FAMUS_CUDA": "ON"}
_INFO = "import sys, famus_ext; info = famus_ext.build_info(); print(info); sys.exit(info.gpu_missing)"
_OPS = (PYTHON, str(BENCHMARKS / "ops.py"), "--device", "cuda", "--network", "28-10")

# First what tells whether the kernels are right, then what they are worth.
PLAN = (
    Part("build", (PYTHON, "-m", "pip", "install", "--no-build-isolation", "--no-deps", "-e", "."), 180, None, _CUDA),
    Part("info", (PYTHON, "-c", _INFO), 30),
    Part("tests", GPU_TESTS, 120, ("--junit-xml", "junit")),
    Part("repeatability", (PYTHON, str(BENCHMARKS / "repeatability.py"), "--device", "cuda"), 45),
    Part("memcheck", MEMCHECK, 90, ("--junit-xml", "junit"), _NO_CACHE),
    Part("racecheck", RACECHECK, 90, ("--junit-xml", "junit")),
    Part("ops", (*_OPS, "--dtype", "float32", "bfloat16"), 120, ("--json", "json")),
    Part("ops in a step", (*_OPS, "--op", "--step", "--rounds", "5"), 60, ("--json", "json")),
    Part("quick", (*STEP, "--quick"), 60, ("--json", "json")),
    Part("table 1", (*TABLE, "1"), 60, ("--json", "json")),
    Part("table 4", (*TABLE, "4"), 60, ("--json", "json")),
    Part("table 3", (*TABLE, "3"), 60, ("--json", "json")),
    Part("table 2", (*TABLE, "2"), 45, ("--json", "json")),
    Part("table 2, captured", (*TABLE, "2", "--captured"), 45, ("--json", "json")),
)


@dataclass(frozen=True)
class Options:
    """What to run.

    Attributes:
        out: Where to leave the record.
        budget: Seconds for everything.
        parts: Names of the parts to run; all of them by default.
        dry_run: Show the plan and stop.
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
        for part in plan:
            print(f"{part.name} (at most {part.seconds} s): {_shown(part)}")
        return 0
    deadline = time.monotonic() + options.budget - RESERVE_SECONDS
    records: list[dict[str, Any]] = []
    options.out.parent.mkdir(parents=True, exist_ok=True)
    for part in plan:
        record = run(part, deadline)
        print(f"{part.name}: {record['status']} after {record['seconds']:.0f} s", flush=True)
        records.append(record)
        options.out.write_text(json.dumps({"benchmark": "gpu_check", "parts": records}, indent=1) + "\n")
    return 0 if all(record["status"] == "passed" for record in records) else 1


def run(part: Part, deadline: float) -> dict[str, Any]:
    """Run one part, whatever happens to it: its record."""
    seconds = min(part.seconds, deadline - time.monotonic())
    record: dict[str, Any] = {"name": part.name, "command": _shown(part)}
    if seconds <= 0:
        return record | {"status": "failed", "reason": "no time left in the budget", "seconds": 0.0}
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        left = Path(folder) / "left"
        command = part.command if part.leaves is None else (*part.command, part.leaves[0], str(left))
        reason, output = _execute(command, seconds, part.environment)
        if part.leaves is not None and left.exists() and left.stat().st_size:
            kind = part.leaves[1]
            record[kind] = _test_counts(left) if kind == "junit" else json.loads(left.read_text())
    if reason is None and "junit" in record and record["junit"]["passed"] <= record["junit"]["skipped"]:
        reason = "most tests were skipped"
    status = "passed" if reason is None else "failed"
    return record | {
        "status": status,
        "reason": reason,
        "seconds": time.monotonic() - start,
        "output": output[-OUTPUT_CHARACTERS:],
    }


def _execute(command: tuple[str, ...], seconds: float, environment: dict[str, str]) -> tuple[str | None, str]:
    """Run a command in the repository: why it failed, None where it did not, and what it printed."""
    try:
        process = subprocess.Popen(
            command,
            cwd=BENCHMARKS.parent,
            env=os.environ | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,
        )
    except OSError as error:
        return str(error), ""
    try:
        output, _ = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        # compute-sanitizer and pytest have children of their own.
        os.killpg(process.pid, signal.SIGKILL)
        output, _ = process.communicate()
        return f"stopped after {seconds:.0f} s", output
    return (f"exit status {process.returncode}" if process.returncode else None), output


def _test_counts(junit: Path) -> dict[str, int]:
    """Numbers of tests that passed, failed and were skipped, from pytest's report."""
    suite = ElementTree.parse(junit).getroot().find("testsuite")
    counts = {name: int(suite.get(name, 0)) for name in ("tests", "failures", "errors", "skipped")}
    failed = counts["failures"] + counts["errors"]
    return {"passed": counts["tests"] - failed - counts["skipped"], "failed": failed, "skipped": counts["skipped"]}


def _shown(part: Part) -> str:
    """The command as one would type it in the repository, without this machine's paths."""
    words = ["python" if word == PYTHON else word.replace(f"{BENCHMARKS.parent}/", "") for word in part.command]
    variables = [f"{name}={value}" for name, value in part.environment.items()]
    return " ".join([*variables, shlex.join(words)])


if __name__ == "__main__":
    sys.exit(main(tyro.cli(Options, description=__doc__)))
