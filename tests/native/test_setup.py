"""What setup.py does about FAMUS_CUDA and the compiler; the builds that succeed are those the other tests run in."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

pytest.importorskip("setuptools")
pytest.importorskip("pybind11")


@pytest.fixture
def build(tmp_path):
    """Runs a build that must fail, on a copy of the sources; what it said."""
    for name in ("setup.py", "CMakeLists.txt", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, tmp_path)
    shutil.copytree(ROOT / "csrc", tmp_path / "csrc")

    def run(**environment):
        variables = {key: value for key, value in os.environ.items() if key not in ("CUDACXX", "FAMUS_CUDA")}
        command = [sys.executable, "setup.py", "build_ext"]
        result = subprocess.run(
            command, cwd=tmp_path, env={**variables, **environment}, capture_output=True, encoding="utf-8", check=False
        )
        assert result.returncode != 0
        return result.stdout + result.stderr

    return run


def test_unknown_wish(build):
    assert "FAMUS_CUDA must be AUTO, ON or OFF, got 'MAYBE'" in build(FAMUS_CUDA="maybe")


@pytest.mark.parametrize("wish", ["AUTO", "ON"])
def test_missing_compiler_that_was_named(build, wish):
    said = build(FAMUS_CUDA=wish, CUDACXX="/no/such/nvcc")
    assert f"FAMUS_CUDA={wish}: no CUDA compiler at /no/such/nvcc. Set CUDACXX or CUDA_HOME." in said


@pytest.mark.parametrize("wish", ["AUTO", "ON"])
def test_broken_compiler_is_an_error(build, tmp_path, wish):
    """Not a build without CUDA."""
    pytest.importorskip("ninja")
    broken = tmp_path / "nvcc"
    broken.write_text("#!/bin/sh\nexit 1\n")
    broken.chmod(0o755)
    assert "CMAKE_CUDA_COMPILER" in build(FAMUS_CUDA=wish, CUDACXX=str(broken))
