import json
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from gpu_check import unparsed
from gpu_parts import execution
from gpu_parts.plan import FOLDERS, MEMCHECK, PLAN, RACECHECK, Part

from famus_ext import ops

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "gpu_check.py"

MARK = "mark." + "gpu"
WITHOUT_A_TOOL = ["ops", "table 1", "repeatability", "ops in a step"]


def run(*options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, str(SCRIPT), *options], capture_output=True, encoding="utf-8", timeout=300)


def test_dry_run_shows_the_plan_and_parses_it(tmp_path: Path) -> None:
    out = tmp_path / "record.json"
    # What pytest collects takes time; the sanitized tests are asked for below, the others run here anyway.
    parts = [part.name for part in PLAN if "pytest" not in part.command]
    finished = run("--dry-run", "--out", str(out), "--parts", *parts)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    for name in parts:
        assert f"\n{name} (at most" in "\n" + finished.stdout
    assert not out.exists()


@pytest.mark.parametrize(
    ("command", "complaint"),
    [
        ((sys.executable, "benchmarks/ops.py", "--dtype", "float33"), "float33"),
        ((sys.executable, "benchmarks/growth.py", "--small"), "--small"),
        ((sys.executable, "-m", "pytest", "--no-such-option"), "exit status 4"),
    ],
)
def test_dry_run_finds_what_is_mistyped(command: tuple[str, ...], complaint: str) -> None:
    assert complaint in str(unparsed(command))


def test_every_test_on_a_gpu_is_in_the_folders() -> None:
    root = SCRIPT.parents[1]
    marked = {path.relative_to(root) for path in (root / "tests").rglob("*.py") if MARK in path.read_text("utf-8")}
    assert len(marked) > 10
    assert {str(Path(*path.parts[:2])) for path in marked} == set(FOLDERS)


def test_a_part_that_is_stopped_keeps_what_it_measured() -> None:
    code = "import json, sys, time; json.dump([1], open(sys.argv[2], 'w')); print('begun', flush=True); time.sleep(60)"
    part = Part("endless", (sys.executable, "-c", code), 3, ("--json", "json"))
    record = execution.run(part, time.monotonic() + 60)
    assert (record["status"], record["reason"]) == ("failed", "stopped after 3 s")
    assert record["json"] == [1]
    assert record["output"].startswith("begun")
    assert record["seconds"] < 20


@pytest.mark.skipif(torch.cuda.is_available(), reason="asks what happens without a GPU")
def test_without_a_gpu_every_part_fails_and_says_why(tmp_path: Path) -> None:
    out = tmp_path / "record.json"
    finished = run("--parts", *WITHOUT_A_TOOL, "--out", str(out))
    assert finished.returncode == 1
    parts = json.loads(out.read_text())["parts"]
    assert [part["name"] for part in parts] == WITHOUT_A_TOOL
    for part in parts:
        assert part["status"] == "failed"
        assert part["reason"] == "exit status 1"
        assert "no usable GPU" in part["output"]
        assert "Traceback" not in part["output"]


def test_sanitized_tests_are_there() -> None:
    """Every op's kernels on a GPU, on random sizes and on a stream."""
    command = MEMCHECK[MEMCHECK.index(sys.executable) :]
    assert command == RACECHECK[RACECHECK.index(sys.executable) :]
    listed = subprocess.run(
        [*command, "--collect-only"], capture_output=True, encoding="utf-8", timeout=300, cwd=SCRIPT.parents[1]
    )
    assert listed.returncode == 0, listed.stdout
    for op in ops.__all__:
        assert f"tests/ops/test_fuzz_{op}.py::test_fuzz[cuda]" in listed.stdout
        assert f"test_runs_on_the_current_stream[cuda-{op}]" in listed.stdout
    assert "capture" not in listed.stdout


def test_part_beyond_the_budget_is_recorded(tmp_path: Path) -> None:
    out = tmp_path / "record.json"
    finished = run("--parts", "ops", "--budget", "5", "--out", str(out))
    assert finished.returncode == 1
    (part,) = json.loads(out.read_text())["parts"]
    assert (part["status"], part["reason"]) == ("failed", "no time left in the budget")


def test_unknown_part_is_named() -> None:
    finished = run("--parts", "everything")
    assert finished.returncode == 1
    assert "no such parts: ['everything']" in finished.stderr
