"""Build the native module ``famus_ext._C`` with CMake and Ninja.

Environment variables steer it:
    FAMUS_CUDA: AUTO (default: CUDA kernels where a CUDA compiler is found), ON (an error where none is) or OFF.
    FAMUS_CUDA_ARCHITECTURES: compute capabilities such as "70;80", or "all" that the compiler supports (default: those
        of this machine's GPUs; all, where there is none or the compiler does not know one).
    FAMUS_STRICT: ON makes warnings and register spills errors (default: OFF).
"""

import importlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pybind11
from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

ROOT = Path(__file__).resolve().parent


def find_nvcc() -> tuple[str | None, list[str]]:
    """The CUDA compiler, or None; and every place that was looked at.

    CMake's own search takes a broken compiler for none and does not look at CUDA_HOME.
    """
    if "CUDACXX" in os.environ:
        places = [os.environ["CUDACXX"]]
    else:
        homes = [os.environ[name] for name in ("CUDA_HOME", "CUDA_PATH") if name in os.environ]
        places = [*(f"{home}/bin/nvcc" for home in homes), "nvcc", "/usr/local/cuda/bin/nvcc"]
    return next(filter(None, map(shutil.which, places)), None), places


def said_by(*command: str) -> str:
    """What a command prints; nothing if it is not there or fails."""
    try:
        return subprocess.run(command, capture_output=True, check=True, encoding="utf-8", timeout=60).stdout
    except (OSError, subprocess.SubprocessError):
        return ""


def own_architectures(nvcc: str) -> str:
    """The compute capabilities of this machine's GPUs; empty where there is none or nvcc does not know one."""
    known = set(re.findall(r"compute_(\d+)", said_by(nvcc, "--list-gpu-arch")))
    said = said_by("nvidia-smi", "--query-gpu=compute_cap", "--format=csv,noheader")
    own = {line.replace(".", "") for line in said.split()}
    return ";".join(sorted(own, key=int)) if own <= known else ""


def tool(package: str, directory: str) -> str:
    """An executable that a Python package brings, wherever PATH points; else the one on PATH."""
    try:
        return os.path.join(getattr(importlib.import_module(package), directory), package)
    except ImportError:
        path = shutil.which(package)
        if path is None:
            sys.exit(f"{package} is needed to build famus-ext: pip install {package}")
        return path


def cuda_options() -> list[str]:
    """CMake's options for FAMUS_CUDA and FAMUS_CUDA_ARCHITECTURES."""
    wish = os.environ.get("FAMUS_CUDA", "AUTO").upper()
    if wish not in ("AUTO", "ON", "OFF"):
        sys.exit(f"FAMUS_CUDA must be AUTO, ON or OFF, got {wish!r}")
    nvcc, places = find_nvcc()
    if wish == "OFF" or (wish == "AUTO" and nvcc is None and "CUDACXX" not in os.environ):
        return ["-DFAMUS_CUDA=OFF"]
    if nvcc is None:
        sys.exit(f"FAMUS_CUDA={wish}: no CUDA compiler at {', '.join(places)}. Set CUDACXX or CUDA_HOME.")
    wanted = os.environ.get("FAMUS_CUDA_ARCHITECTURES", "").replace(",", ";") or own_architectures(nvcc)
    architectures = "" if wanted == "all" else wanted
    return ["-DFAMUS_CUDA=ON", f"-DCMAKE_CUDA_COMPILER={nvcc}", f"-DFAMUS_CUDA_ARCHITECTURES={architectures}"]


class CMakeBuild(build_ext):
    """Configure, build and copy the one extension."""

    def build_extension(self, ext: Extension) -> None:
        """Put the module where setuptools expects it."""
        cuda = cuda_options()
        # One folder for each Python and for CUDA or not, everything passed again at each configure: nothing stale.
        folder = ROOT / "build" / f"{sys.implementation.cache_tag}-{'cuda' if len(cuda) > 1 else 'cpu'}"
        options = [
            f"-DPython_EXECUTABLE={sys.executable}",
            f"-Dpybind11_DIR={pybind11.get_cmake_dir()}",
            f"-DCMAKE_MAKE_PROGRAM={tool('ninja', 'BIN_DIR')}",
            f"-DFAMUS_VERSION={self.distribution.get_version()}",
            f"-DFAMUS_STRICT={os.environ.get('FAMUS_STRICT', 'OFF')}",
            *cuda,
        ]
        cmake = tool("cmake", "CMAKE_BIN_DIR")
        subprocess.run([cmake, "-S", str(ROOT), "-B", str(folder), "-G", "Ninja", *options], check=True)
        subprocess.run([cmake, "--build", str(folder)], check=True)
        target = Path(self.get_ext_fullpath(ext.name))
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(folder / target.name, target)


setup(ext_modules=[Extension("famus_ext._C", sources=[])], cmdclass={"build_ext": CMakeBuild})
