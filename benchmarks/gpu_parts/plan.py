"""The parts of gpu_check, those first that tell most."""

import importlib.util
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

BENCHMARKS = Path(__file__).resolve().parents[1]
PYTHON = sys.executable
# The folders that have such tests; another may need a package that is not installed.
FOLDERS = tuple(f"tests/{folder}" for folder in ("ops", "engine", "diagnostics", "meta_models"))
# A report of what has run is left by an interrupt. One folder that cannot be read does not stop the others.
_PYTEST = (PYTHON, "-m", "pytest", "-m", "gpu", "-q", "-p", "no:cacheprovider", "-p", "no:benchmark", "--tb", "short")
_SPREAD = ("-n", "4") if importlib.util.find_spec("xdist") else ()
GPU_TESTS = (*_PYTEST, *_SPREAD, "--continue-on-collection-errors", *FOLDERS)
# Only this package's kernels are instrumented, and PyTorch's own failed probes of the driver are no errors.
_OUR_KERNELS = ("--kernel-name", "kernel_substring=famus", "--report-api-errors", "no")
SANITIZER = ("compute-sanitizer", "--error-exitcode", "99", *_OUR_KERNELS)
STEP = (PYTHON, str(BENCHMARKS / "meta_step_ms.py"), "--device", "cuda")
# A GPU's times spread little; fewer rounds leave room for every table.
TABLE = (*STEP, "--rounds", "5", "--warm-up", "3", "--table")


@dataclass(frozen=True)
class Part:
    """One command of the plan.

    Attributes:
        seconds: time after which it seems to hang; it has what is left of the budget, if that is less.
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
# A sanitizer slows every launch down: each op on a stream, on random shapes and layouts, and no more.
_SANITIZED_TESTS = (*_PYTEST, "tests/ops", "-k", "fuzz or random or current_stream", "--hypothesis-profile=few")
MEMCHECK = (*SANITIZER, "--tool", "memcheck", *_SANITIZED_TESTS)
RACECHECK = (*SANITIZER, "--tool", "racecheck", *_SANITIZED_TESTS)

# Without a CUDA compiler the build fails, rather than leave the GPU out.
_CUDA = {"FAMUS_CUDA": "ON"}
_INFO = "import sys, famus_ext; info = famus_ext.build_info(); print(info); sys.exit(bool(info.gpu_missing))"
_OPS = (PYTHON, str(BENCHMARKS / "ops.py"), "--device", "cuda", "--network", "28-10")
_PROFILE = (PYTHON, str(BENCHMARKS / "profile_step.py"), "--device", "cuda")
_GROWTH = (PYTHON, str(BENCHMARKS / "growth.py"), "--device", "cuda", "--large")

# First whether the kernels are right, then what they are worth, then what is dear for what it tells.
PLAN = (
    Part("build", (PYTHON, "-m", "pip", "install", "--no-build-isolation", "--no-deps", "-e", "."), 180, None, _CUDA),
    Part("info", (PYTHON, "-c", _INFO), 60),
    Part("tests", GPU_TESTS, 240, ("--junit-xml", "junit")),
    Part("ops", (*_OPS, "--dtype", "float32", "bfloat16", "--no-compile"), 120, ("--json", "json")),
    Part("quick", (*STEP, "--quick"), 90, ("--json", "json")),
    Part("table 1", (*TABLE, "1"), 90, ("--json", "json")),
    Part("table 4", (*TABLE, "4"), 90, ("--json", "json")),
    Part("profile", (*_PROFILE, "--rounds", "5"), 60, ("--json", "json")),
    Part("memcheck", MEMCHECK, 90, ("--junit-xml", "junit"), _NO_CACHE),
    Part("racecheck", RACECHECK, 90, ("--junit-xml", "junit")),
    Part("table 2, captured", (*TABLE, "2", "--captured"), 90, ("--json", "json")),
    Part("table 3", (*TABLE, "3"), 90, ("--json", "json")),
    Part("repeatability", (PYTHON, str(BENCHMARKS / "repeatability.py"), "--device", "cuda"), 60),
    Part("ops in a step", (*_OPS, "--op", "--step", "--rounds", "5"), 90, ("--json", "json")),
    Part("growth", (*_GROWTH, "--rounds", "3"), 120, ("--json", "json")),
    Part("ops, compiled rivals", (*_OPS, "--dtype", "float32"), 300, ("--json", "json")),
)
