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


def program(path, *lines):
    """An executable shell script."""
    path.write_text("\n".join(["#!/bin/sh", *lines, ""]))
    path.chmod(0o755)
    return str(path)


@pytest.fixture
def build(tmp_path):
    """Runs a build that must fail, on a copy of the sources; what it said."""
    for name in ("setup.py", "CMakeLists.txt", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, tmp_path)
    shutil.copytree(ROOT / "csrc", tmp_path / "csrc")

    def run(**environment):
        ours = ("CUDACXX", "FAMUS_CUDA", "FAMUS_CUDA_ARCHITECTURES")
        variables = {key: value for key, value in os.environ.items() if key not in ours}
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
    broken = program(tmp_path / "nvcc", "exit 1")
    assert "CMAKE_CUDA_COMPILER" in build(FAMUS_CUDA=wish, CUDACXX=broken)


@pytest.mark.parametrize(
    ("gpus", "wish", "built"),
    [
        ("echo 9.0; echo 8.0; echo 9.0", None, "80;90"),
        ("echo 7.0", None, ""),
        ("echo 9.0; echo 13.0", None, ""),
        ("echo '[N/A]'", None, ""),
        ("exit 9", None, ""),
        ("echo 9.0", "75,80", "75;80"),
        ("echo 9.0", "all", ""),
    ],
)
def test_default_is_the_machines_own_gpus(build, tmp_path, gpus, wish, built):
    """As far as the compiler knows them; everything (CMakeLists.txt's default) where it does not know one."""
    pytest.importorskip("ninja")
    (tmp_path / "bin").mkdir()
    program(tmp_path / "bin" / "nvidia-smi", gpus)
    known = 'if [ "$1" = --list-gpu-arch ]; then printf "compute_75\\ncompute_80\\ncompute_90\\n"; else exit 1; fi'
    environment = {
        "CUDACXX": program(tmp_path / "nvcc", known),
        "PATH": f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}",
        **({} if wish is None else {"FAMUS_CUDA_ARCHITECTURES": wish}),
    }
    assert f"'-DFAMUS_CUDA_ARCHITECTURES={built}'" in build(**environment)
