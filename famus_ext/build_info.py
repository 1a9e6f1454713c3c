"""What was built, what can be used here, and which implementation of every op runs."""

from __future__ import annotations

import dataclasses
import importlib.metadata
import os
import platform

import torch

from famus_ext import _native, ops
from famus_ext.extras import EXTRAS, missing_of


@dataclasses.dataclass(frozen=True)
class BuildInfo:
    """The installation, as `build_info` finds it; ``print`` shows it as a table.

    Attributes:
        version: The version of the package; None where it runs from a source folder that was not installed.
        native: The version of the native module; None where there is none.
        native_missing: Why there is no native module; None where there is one.
        cxx_compiler: The compiler of the native module.
        cuda_compiler: The compiler of its kernels for GPUs; None in a build without CUDA.
        cuda_version: The version of the CUDA runtime in it; None in a build without CUDA.
        cuda_architectures: Compute capabilities, times 10, that it has machine code for; the last also as PTX.
        torch_version: The version of the installed PyTorch.
        torch_cuda_version: The version of CUDA that PyTorch was built with; None for a CPU build.
        torchvision_version: The version of the installed torchvision; None where there is none.
        python_version: The version of the interpreter.
        threads: How many PyTorch takes on the CPU now, and how many cores there are.
        gpus: The GPUs that PyTorch can use, by name, with their compute capability.
        gpu_missing: Why kernels cannot run on a GPU here; None where they can.
        mps_missing: Why PyTorch cannot use a GPU of Apple's, for which there are no kernels; None where it can.
        extras: The modules that are not installed, by optional extra.
        paths: What runs for every op on the CPU, on a GPU, and on one of Apple's that is there, and why, by (op, device
            type).
    """

    version: str | None
    native: str | None
    native_missing: str | None
    cxx_compiler: str | None
    cuda_compiler: str | None
    cuda_version: str | None
    cuda_architectures: tuple[int, ...]
    torch_version: str
    torch_cuda_version: str | None
    torchvision_version: str | None
    python_version: str
    threads: tuple[int, int]
    gpus: tuple[str, ...]
    gpu_missing: str | None
    mps_missing: str | None
    extras: dict[str, tuple[str, ...]]
    paths: dict[tuple[str, str], _native.Path]

    def __str__(self) -> str:
        """The installation as a table of two columns."""
        architectures = " ".join(f"{built // 10}.{built % 10}" for built in self.cuda_architectures)
        cuda = f"CUDA {self.cuda_version}, {self.cuda_compiler}, compute capabilities {architectures} and later"
        rows = [
            ("famus_ext", self.version or "not installed, runs from its source folder"),
            ("native module", self.native_missing or f"{self.native}, {self.cxx_compiler}"),
            ("built with CUDA", "no" if self.cuda_version is None else cuda),
            ("Python", self.python_version),
            ("torch", f"{self.torch_version}, CUDA {self.torch_cuda_version or 'none'}"),
            ("torchvision", self.torchvision_version or "not installed"),
            *((f"extra {name}", _extra(name, missing)) for name, missing in self.extras.items()),
            ("CPU threads", "{}, of {} cores".format(*self.threads)),
            ("GPUs", ", ".join(self.gpus) or "none"),
            ("kernels on a GPU", self.gpu_missing or "can run"),
            ("Apple's GPU (mps)", self.mps_missing or "can be used, unproven"),
            *((f"{op}, {device}", f"{path.name}: {path.reason}") for (op, device), path in self.paths.items()),
        ]
        width = max(len(label) for label, _ in rows)
        return "\n".join(f"{label:<{width}}  {text}" for label, text in rows)


def _extra(name: str, missing: tuple[str, ...]) -> str:
    """Whether an extra is there, and how to get it."""
    return f'without {", ".join(missing)}: pip install "famus-ext[{name}]"' if missing else "installed"


def _gpu(index: int) -> str:
    """A GPU's name and compute capability."""
    return "{} ({}.{})".format(torch.cuda.get_device_name(index), *torch.cuda.get_device_capability(index))


def _version(package: str) -> str | None:
    """The installed version of a package; None where it is not installed."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _mps_missing() -> str | None:
    """Why PyTorch cannot use a GPU of Apple's; None where it can."""
    if torch.backends.mps.is_available():
        return None
    return "torch finds none" if torch.backends.mps.is_built() else "torch was built without MPS"


def build_info() -> BuildInfo:
    """Describe this installation: what was built, what can be used, and what runs for every op and why."""
    index = torch.cuda.current_device() if torch.cuda.is_available() else 0
    devices = [torch.device("cpu"), torch.device("cuda", index)]
    if (mps_missing := _mps_missing()) is None:
        devices.append(torch.device("mps"))
    built = _native.C
    return BuildInfo(
        version=_version("famus-ext"),
        native=built.version if built else None,
        native_missing=_native.missing(),
        cxx_compiler=built.cxx_compiler if built else None,
        cuda_compiler=built.cuda_compiler if built else None,
        cuda_version=built.cuda_version if built else None,
        cuda_architectures=built.cuda_architectures if built else (),
        torch_version=torch.__version__,
        torch_cuda_version=torch.version.cuda,
        torchvision_version=_version("torchvision"),
        python_version=platform.python_version(),
        threads=(torch.get_num_threads(), os.cpu_count() or 1),
        gpus=tuple(_gpu(index) for index in range(torch.cuda.device_count())),
        gpu_missing=_native.obstacle(ops.__all__[0], devices[1]),
        mps_missing=mps_missing,
        extras={name: missing_of(name) for name in EXTRAS},
        paths={(op, device.type): _native.path(op, device) for op in ops.__all__ for device in devices},
    )
