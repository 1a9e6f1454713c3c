"""What a result depends on: commit, device, threads, versions, and which implementation of the ops runs."""

import os
import platform
import subprocess
from pathlib import Path
from typing import Any

import torch

import famus_ext

REPOSITORY = Path(__file__).resolve().parents[2]


def describe(device: torch.device) -> dict[str, Any]:
    """Describe the machine and the software, for the head of a result file."""
    build = famus_ext.build_info()
    return {
        "commit": _git("rev-parse", "HEAD"),
        "uncommitted_changes": bool(_git("status", "--porcelain", "--untracked-files=no")),
        "device": device_name(device),
        "threads": torch.get_num_threads(),
        "malloc": {name: value for name, value in os.environ.items() if name.startswith("MALLOC_")},
        "versions": {
            "python": platform.python_version(),
            "torch": torch.__version__,
            "torch_cuda": build.torch_cuda_version,
            "famus_ext": build.version or build.native,
            "famus_ext_cuda": build.cuda_version,
        },
        "ops": {op: path.name for (op, kind), path in build.paths.items() if kind == device.type},
    }


def find_device(name: str) -> torch.device:
    """The device "cpu" or "cuda"; "auto" is the GPU where there is one. Ends the script where there is none."""
    available = torch.cuda.is_available()
    if name == "cuda" and not available:
        raise SystemExit("device cuda: torch finds no usable GPU")
    return torch.device(("cuda" if available else "cpu") if name == "auto" else name)


def device_name(device: torch.device) -> str:
    """Name the GPU or the processor."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _git(*arguments: str) -> str | None:
    """Output of a git command in the repository, None outside a checkout."""
    try:
        result = subprocess.run(["git", *arguments], cwd=REPOSITORY, capture_output=True, encoding="utf-8", check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return result.stdout.strip()
