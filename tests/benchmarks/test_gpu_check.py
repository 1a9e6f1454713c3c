import json
import re
import subprocess
import sys
from pathlib import Path

import gpu_check
import pytest
import torch

from famus_ext import ops

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "gpu_check.py"

WITHOUT_A_TOOL = ["repeatability", "ops", "ops in a step", "table 1"]


def run(*options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, str(SCRIPT), *options], capture_output=True, encoding="utf-8", timeout=300)


def test_dry_run_shows_the_plan_and_runs_nothing(tmp_path: Path) -> None:
    out = tmp_path / "record.json"
    finished = run("--dry-run", "--out", str(out))
    assert finished.returncode == 0, finished.stderr
    for name in (
        "build",
        "tests",
        "memcheck",
        "racecheck",
        "repeatability",
        "ops",
        "ops in a step",
        "quick",
        *(f"table {n}" for n in (1, 2, 3, 4)),
    ):
        assert f"\n{name} (at most" in "\n" + finished.stdout
    assert not out.exists()


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


@pytest.mark.parametrize("tool", [gpu_check.MEMCHECK, gpu_check.RACECHECK], ids=["memcheck", "racecheck"])
def test_sanitized_tests_are_there(tool: tuple[str, ...]) -> None:
    """Every op's kernels on a GPU, but for those that are captured."""
    command = tool[tool.index(sys.executable) :]
    listed = subprocess.run(
        [*command, "--collect-only"], capture_output=True, encoding="utf-8", timeout=300, cwd=SCRIPT.parents[1]
    )
    assert listed.returncode == 0, listed.stdout
    for op in ops.__all__:
        assert re.search(rf"tests/ops/test_{op}.*\[cuda", listed.stdout)
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
