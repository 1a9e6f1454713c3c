"""Which implementation of an op runs, the native kernel or its definition in PyTorch, and why.

A kernel of op ``x`` for the device type ``d`` is the function ``_C.x_d``. It runs wherever it can; `use` says
otherwise, for every op or for some, and `path` tells what runs for an op on a device. Asking for a kernel that is
missing raises with the command that builds it.
"""

from __future__ import annotations

import functools
import pathlib
from collections.abc import Sequence
from types import TracebackType
from typing import Literal, NamedTuple

import torch  # before _C, which then shares torch's OpenMP runtime
from torch.autograd import forward_ad

from famus_ext._checks import check_sequence

try:
    import famus_ext._C as C
except ImportError as error:
    C = None  # type: ignore[assignment]
    _import_error = error

__all__ = [
    "OPS",
    "C",
    "Mode",
    "Path",
    "dtype_code",
    "missing",
    "obstacle",
    "path",
    "runs_native",
    "supports_capability",
    "use",
]

Mode = Literal["auto", "native", "reference"]
OPS = (
    "gradient_dots",
    "gumbel_gates",
    "layer_dots",
    "norm_pushforward",
    "pairwise_gradient_dots",
    "virtual_step",
)

_ROOT = pathlib.Path(__file__).resolve().parent.parent
_BUILD = "pip install --no-build-isolation -e ."
_modes: dict[str, Mode] = dict.fromkeys(OPS, "auto")


class Path(NamedTuple):
    """What a call of an op does on a device, and why: run the "native" kernel, the "reference", or raise an "error"."""

    name: Literal["native", "reference", "error"]
    reason: str


def missing() -> str | None:
    """Why there is no native module; None where there is one."""
    if C is not None:
        return None
    if not isinstance(_import_error, ModuleNotFoundError):
        return f"famus_ext._C does not load: {_import_error}"
    if (_ROOT / "setup.py").exists():
        return (
            f"famus_ext was imported from its source folder, {_ROOT}, where famus_ext._C has not been built. "
            f"Build it there with `{_BUILD}`, or start Python in another folder to get the installed package"
        )
    return f"famus_ext was installed without famus_ext._C. Reinstall it from its source folder with `{_BUILD}`"


@functools.cache
def dtype_code(dtype: torch.dtype) -> int:
    """The native module's number for a dtype."""
    return C.dtypes[str(dtype).removeprefix("torch.")]


def supports_capability(architectures: tuple[int, ...], capability: tuple[int, int]) -> bool:
    """Whether kernels built for `architectures` run on a GPU of that compute capability.

    Machine code runs on its own major version from its minor version on; the newest is there as PTX too, which every
    later GPU can compile.
    """
    major, minor = capability
    same_major = any(built // 10 == major and built % 10 <= minor for built in architectures)
    return same_major or max(architectures) <= 10 * major + minor


def obstacle(op: str, device: torch.device) -> str | None:
    """Why the kernel of `op` cannot run on `device`; None where it can."""
    return _obstacle(op, device.type, device.index)


@functools.cache
def _obstacle(op: str, device_type: str, index: int | None) -> str | None:
    if C is None:
        return missing()
    if device_type == "cuda" and not torch.cuda.is_available():
        return "torch was built without CUDA" if torch.version.cuda is None else "torch finds no GPU"
    if not hasattr(C, f"{op}_{device_type}"):
        if device_type == "cuda":
            return f"famus_ext._C was built without CUDA; build it with `FAMUS_CUDA=ON {_BUILD}`"
        return f"there is no kernel for {device_type} devices"
    if device_type == "cuda":
        devices, reason = C.cuda_status()
        if devices == 0:
            return f"famus_ext._C, built with CUDA {C.cuda_version}, cannot use the GPU: {reason}"
        capability = torch.cuda.get_device_capability(index)
        if not supports_capability(C.cuda_architectures, capability):
            major, minor = capability
            build = f"FAMUS_CUDA_ARCHITECTURES={major}{minor} FAMUS_CUDA=ON {_BUILD}"
            return f"famus_ext._C has no kernels for compute capability {major}.{minor}; build it with `{build}`"
    return None


def _wants_definition() -> str | None:
    """Why PyTorch has to see what an op is made of; None where it need not."""
    # A kernel reads addresses, and a traced function lets go of tensors that nothing but an address is needed of.
    if torch.compiler.is_compiling():
        return "torch.compile traces the definition"
    # Where nothing requires a gradient no autograd function stands before a kernel to refuse a tangent.
    if forward_ad._current_level >= 0:
        return "forward-mode differentiation follows the definition"
    return None


def path(op: str, device: torch.device) -> Path:
    """What a call of `op` does for tensors on `device` under its current mode, and why."""
    if _modes[op] == "reference":
        return Path("reference", 'asked for with use("reference")')
    reason = _wants_definition() or obstacle(op, device)
    if reason is None:
        return Path("native", f"{op}_{device.type} of famus_ext._C")
    return Path("error" if _modes[op] == "native" else "reference", reason)


def runs_native(op: str, device: torch.device) -> bool:
    """Whether a call of `op` for tensors on `device` takes the kernel; False if it takes the definition.

    Raises:
        RuntimeError: The mode is "native" and there is no kernel for this device; says what builds it.
    """
    name, reason = path(op, device)
    if name == "error":
        raise RuntimeError(f"{op} has no native kernel on {device}: {reason}")
    return name == "native"


class use:
    """Choose what runs for ops in this process: at once, and until the end of the block if used in ``with``.

    Args:
        mode: "auto" (the kernel where it can run, else the definition), "native" (the kernel, or an error) or
            "reference" (the definition in PyTorch).
        ops: Names from `famus_ext.ops`; every op by default. The others keep their mode.

    Raises:
        TypeError: `ops` is not a list or tuple.
        ValueError: Another mode; a name that no op has.
        RuntimeError: "native" in an installation without the native module; says what builds it.
    """

    def __init__(self, mode: Mode, ops: Sequence[str] = OPS) -> None:
        global _modes
        if mode not in ("auto", "native", "reference"):
            raise ValueError(f'mode: expected "auto", "native" or "reference", got {mode!r}')
        if isinstance(ops, str):
            raise TypeError(f"ops: expected a list or tuple, got the string {ops!r}")
        check_sequence(ops, "ops")
        for op in ops:
            if op not in OPS:
                raise ValueError(f"ops: expected names of {', '.join(OPS)}, got {op!r}")
        reason = missing()
        if mode == "native" and reason is not None:
            raise RuntimeError(reason)
        self._previous = _modes
        _modes = _modes | dict.fromkeys(ops, mode)

    def __enter__(self) -> None:
        """Keep the mode until the block ends."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Return to the modes before."""
        global _modes
        _modes = self._previous
