"""The launchers of an op and their kernels, compiled for the CPU by g++ and run on cases from a file."""

import shutil
import subprocess
from pathlib import Path

import pytest
import torch
from native.cuda_headers import toolkit_includes, wheel_includes

CSRC = Path(__file__).resolve().parents[2] / "csrc"
SHIM = Path(__file__).parent / "device_shim"
SANITIZERS = {
    "plain": [],
    "address": ["-fsanitize=address,undefined", "-fno-sanitize-recover=undefined", "-DSHIM_ADDRESS"],
    "thread": ["-fsanitize=thread", "-DSHIM_THREAD"],
}
CODES = {torch.float16: 0, torch.bfloat16: 1, torch.float32: 2, torch.float64: 3}


def compile_for_cpu(folder, flags, *sources):
    """An executable of CUDA sources; only the shim's scheduler is compiled without the sanitizer."""
    if shutil.which("g++") is None:
        pytest.skip("g++ is not installed")
    includes = toolkit_includes() or wheel_includes()
    if not includes:
        pytest.skip("CUDA's headers are missing: pip install nvidia-cuda-runtime-cu12 nvidia-cuda-cccl-cu12")
    common = ["g++", "-std=c++17", "-g", "-O1", "-Wno-attributes", *(f"-I{path}" for path in (CSRC, *includes, SHIM))]
    device = [*common, *flags, "-include", "device.h", "-x", "c++", "-c"]
    commands = {folder / f"{source.stem}.o": [*device, str(source)] for source in sources}
    defines = [flag for flag in flags if flag.startswith("-D")]
    commands[folder / "block.o"] = [*common, *defines, "-c", str(SHIM / "block.cpp")]
    running = [subprocess.Popen([*command, "-o", str(target)]) for target, command in commands.items()]
    assert [process.wait() for process in running] == [0] * len(running)
    subprocess.run([*common, *flags, *map(str, commands), "-o", str(folder / "program")], check=True)
    return folder / "program"


def driver_of(op):
    """A fixture: the program of an op under each of the sanitizers."""

    @pytest.fixture(scope="module", params=SANITIZERS)
    def driver(request, tmp_path_factory):
        sources = [CSRC / op / f"{op}_cuda.cu", SHIM / "drivers" / f"{op}.cpp"]
        return compile_for_cpu(tmp_path_factory.mktemp(request.param), SANITIZERS[request.param], *sources)

    return driver


def data(tensor):
    return tensor.contiguous().view(torch.uint8).numpy().tobytes() if tensor.dim() else data(tensor[None])


def run(driver, folder, cases):
    """The driver's results as one stretch of memory."""
    (folder / "cases").write_bytes(b"".join(cases))
    subprocess.run([driver, folder / "cases", folder / "results"], check=True, timeout=60)
    return memoryview(bytearray((folder / "results").read_bytes()))


def split(memory, likes):
    """The results as tensors of the dtypes and shapes of `likes`."""
    tensors, offset = [], 0
    for like in likes:
        tensors.append(torch.frombuffer(memory, dtype=like.dtype, count=like.numel(), offset=offset).view(like.shape))
        offset += like.numel() * like.element_size()
    assert offset == len(memory)
    return tensors
