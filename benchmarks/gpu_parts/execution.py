"""How a part is run: whatever happens to it, there is a record."""

import contextlib
import json
import os
import shlex
import signal
import subprocess
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

from gpu_parts.plan import BENCHMARKS, PYTHON, Part

# Between the interrupt that ends a part and its kill.
GRACE_SECONDS = 5
# Of a part's output, its end is kept.
OUTPUT_CHARACTERS = 4000


def run(part: Part, deadline: float) -> dict[str, Any]:
    """Run one part, whatever happens to it: its record."""
    seconds = min(part.seconds, deadline - time.monotonic())
    record: dict[str, Any] = {"name": part.name, "command": shown(part)}
    if seconds <= 0:
        return record | {"status": "failed", "reason": "no time left in the budget", "seconds": 0.0}
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        left = Path(folder) / "left"
        command = part.command if part.leaves is None else (*part.command, part.leaves[0], str(left))
        reason, output = execute(command, seconds, part.environment)
        if part.leaves is not None and left.exists() and left.stat().st_size:
            kind = part.leaves[1]
            # A part that was killed may have written half of it.
            with contextlib.suppress(ElementTree.ParseError, json.JSONDecodeError):
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


def execute(command: tuple[str, ...], seconds: float, environment: dict[str, str]) -> tuple[str | None, str]:
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
        return f"stopped after {seconds:.0f} s", _stop(process)
    return (f"exit status {process.returncode}" if process.returncode else None), output


def _stop(process: "subprocess.Popen[str]") -> str:
    """Interrupt a command, for which pytest still writes its report, and kill it if that does not help: its output."""
    # compute-sanitizer and pytest have children of their own.
    for send in (signal.SIGINT, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, send)
        with contextlib.suppress(subprocess.TimeoutExpired):
            return process.communicate(timeout=GRACE_SECONDS)[0]
    return "its output could not be had"


def _test_counts(junit: Path) -> dict[str, int]:
    """Numbers of tests that passed, failed and were skipped, from pytest's report."""
    suite = ElementTree.parse(junit).getroot().find("testsuite")
    counts = {name: int(suite.get(name, 0)) for name in ("tests", "failures", "errors", "skipped")}
    failed = counts["failures"] + counts["errors"]
    return {"passed": counts["tests"] - failed - counts["skipped"], "failed": failed, "skipped": counts["skipped"]}


def shown(part: Part) -> str:
    """The command as one would type it in the repository, without this machine's paths."""
    words = ["python" if word == PYTHON else word.replace(f"{BENCHMARKS.parent}/", "") for word in part.command]
    variables = [f"{name}={value}" for name, value in part.environment.items()]
    return " ".join([*variables, shlex.join(words)])
