"""The kernels and their launchers, compiled for the CPU by g++, against the definitions and under sanitizers."""

import itertools
import shutil
import struct
import subprocess
from pathlib import Path

import op_cases
import pytest
import tolerances
import torch
from native.cuda_headers import toolkit_includes, wheel_includes

from famus_ext import _native
from famus_ext.ops import layer_dots, virtual_step

CSRC = Path(__file__).resolve().parents[2] / "csrc"
SHIM = Path(__file__).parent / "device_shim"
SANITIZERS = {
    "plain": [],
    "address": ["-fsanitize=address,undefined", "-fno-sanitize-recover=undefined", "-DSHIM_ADDRESS"],
    "thread": ["-fsanitize=thread", "-DSHIM_THREAD"],
}
CODES = {torch.float16: 0, torch.bfloat16: 1, torch.float32: 2, torch.float64: 3}
LR = 0.37


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


@pytest.fixture(scope="module", params=SANITIZERS)
def driver(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp(request.param)
    sources = [CSRC / "virtual_step_cuda.cu", CSRC / "layer_dots_cuda.cu", SHIM / "driver.cpp"]
    return compile_for_cpu(folder, SANITIZERS[request.param], *sources)


def data(tensor):
    return tensor.contiguous().view(torch.uint8).numpy().tobytes() if tensor.dim() else data(tensor[None])


def case(op, layers, first, second, rows, inner, offset, lr):
    """A case as the driver reads it."""
    parts = [struct.pack("4q", op, CODES[first[0].dtype], layers, len(first))]
    for x, y, row, size, alpha in zip(first, second, rows, inner, lr, strict=True):
        parts += [struct.pack("3qd", row, size, offset, alpha), data(x), data(y)]
    return b"".join(parts)


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


def pairs(dtype):
    """Tensors with entries, and enough of them for more than one launch."""
    shapes = (
        [shape for shape in op_cases.SHAPES if 0 not in shape] + [(1 + t % 3, 3000) for t in range(3)] + [(2, 5)] * 130
    )
    return op_cases.tensors(dtype, shapes=shapes), op_cases.tensors(dtype, seed=1, shapes=shapes)


@pytest.mark.parametrize("offset", [0, 1])
def test_virtual_step(driver, tmp_path, offset):
    cases, expected = [], []
    for dtype in op_cases.DTYPES:
        w, g = pairs(dtype)
        rows, inner = zip(*(op_cases.matrix(x).shape for x in w), strict=True)
        lr = [LR + 0.01 * t for t in range(len(w))]
        cases.append(case(0, 0, w, g, rows, inner, offset, lr))
        with _native.use("reference"):
            w_hat, g_bar = virtual_step(w, g, lr)
        bounds = [tolerances.SUM[dtype] * op_cases.matrix(x).abs().mean(1) for x in g]
        expected += itertools.chain.from_iterable(zip(w_hat, g_bar, zip(w, bounds, strict=True), strict=True))
    tensors = [x for i, x in enumerate(expected) if i % 3 < 2]
    results = split(run(driver, tmp_path, cases), tensors)
    for i, (w, bound) in enumerate(expected[2::3]):
        rounding = tolerances.ROUNDING[w.dtype]
        torch.testing.assert_close(results[2 * i], tensors[2 * i], rtol=rounding, atol=4 * rounding)
        assert ((results[2 * i + 1].double() - tensors[2 * i + 1].double()).abs() <= 2 * bound).all()


@pytest.mark.parametrize("offset", [0, 1])
def test_layer_dots(driver, tmp_path, offset):
    cases, expected, bounds = [], [], []
    for dtype in op_cases.DTYPES:
        a, b = pairs(dtype)
        layers = 300 if dtype == torch.float32 else 20  # more than one launch takes; few
        layer = [min(max(t - 5, 0), layers - 2) for t in range(len(a))]
        cases.append(case(1, layers, a, b, layer, [x.numel() for x in a], offset, [0.0] * len(a)))
        grouped = [
            [[x for x, at in zip(family, layer, strict=True) if at == index] for index in range(layers)]
            for family in (a, b)
        ]
        absolute = (
            [[x.double().abs() for x in tensors] for tensors in grouped[0]],
            [[x.double().abs() for x in tensors] for tensors in grouped[1]],
        )
        with _native.use("reference"):
            expected.append(layer_dots(*grouped))
            bounds.append(2 * tolerances.SUM[dtype] * layer_dots(*absolute))
    results = split(run(driver, tmp_path, cases), expected)
    for result, exact, bound in zip(results, expected, bounds, strict=True):
        assert ((result.double() - exact.double()).abs() <= bound).all()


# Each of these is a bug that the sanitizer must find, or the tests above would prove nothing.
PLANTED = {
    "missing_barrier": ("thread", "data race"),
    "race_between_blocks": ("thread", "data race"),
    "shared_array_too_small": ("address", "heap-buffer-overflow"),
    "past_the_end": ("address", "heap-buffer-overflow"),
    "divergent_barrier": ("plain", "divergence in block"),
    "return_before_shuffle": ("plain", "divergence in block"),
}


@pytest.mark.parametrize("sanitizer", SANITIZERS)
def test_planted_bugs_are_found(sanitizer, tmp_path):
    program = compile_for_cpu(tmp_path, SANITIZERS[sanitizer], SHIM / "planted.cu")
    clean = subprocess.run([program, "none"], capture_output=True, encoding="utf-8", check=False)
    assert clean.returncode == 0, clean.stderr
    for bug, (finder, message) in PLANTED.items():
        if finder == sanitizer:
            result = subprocess.run([program, bug], capture_output=True, encoding="utf-8", check=False)
            assert result.returncode != 0, bug
            assert message in result.stderr, bug
