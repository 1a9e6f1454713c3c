"""Where a result comes from: the command, the commit and the versions."""

from __future__ import annotations

import platform
import shlex
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from famus_ext.build_info import build_info

PROGRAM = "python -m famus_ext train"


def origin(arguments: Sequence[str]) -> dict[str, Any]:
    """The origin of an experiment that begins now, fit for JSON.

    Args:
        arguments: The command line after `train`.
    """
    build = build_info()
    return {
        "command": shlex.join([*PROGRAM.split(), *arguments]),
        "commit": _commit(),
        "versions": {
            "python": platform.python_version(),
            "torch": torch.__version__,
            "famus_ext": build.version or build.native,
        },
    }


def _commit() -> str | None:
    """The commit that the package lies in, with a + where files have changed since; None outside a checkout."""
    package = Path(__file__).parents[2]
    commit = _git(package, "rev-parse", "HEAD")
    return commit and commit + ("+" if _git(package, "status", "--porcelain", "--untracked-files=no", ".") else "")


def _git(folder: Path, *arguments: str) -> str | None:
    """Output of a git command; None where there is no git or no checkout."""
    try:
        result = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, encoding="utf-8", check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return result.stdout.strip()
