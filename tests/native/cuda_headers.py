"""Where CUDA's headers are: in a toolkit, or in the packages nvidia-cuda-runtime-cu12 and nvidia-cuda-cccl-cu12."""

import importlib.util
import os
import shutil
from pathlib import Path


def wheel(name):
    """The folder of one of NVIDIA's CUDA 12 packages; None where it is not installed."""
    try:
        spec = importlib.util.find_spec(f"nvidia.{name}")
    except ModuleNotFoundError:
        return None
    return Path(next(iter(spec.submodule_search_locations))) if spec else None


def wheel_includes():
    """Include folders of the packages; empty where one of them is missing."""
    folders = [wheel(name) for name in ("cuda_runtime", "cuda_cccl")]
    return [] if None in folders else [folder / "include" for folder in folders]


def toolkit_includes():
    """Include folder of a CUDA toolkit; empty where none is found."""
    nvcc = shutil.which("nvcc")
    homes = [os.environ.get("CUDA_HOME"), "/usr/local/cuda", nvcc and Path(nvcc).resolve().parent.parent]
    folders = [Path(home) / "include" for home in homes if home]
    return [folder for folder in folders if (folder / "cuda_fp16.h").exists()][:1]
