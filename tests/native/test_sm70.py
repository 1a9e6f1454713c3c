"""Every kernel compiled for compute capability 7.0 (V100), which nvcc 13 has dropped, by CUDA 12's NVRTC."""

import ctypes
import re
from pathlib import Path

import pytest
from native.cuda_headers import wheel, wheel_includes

CSRC = Path(__file__).resolve().parents[2] / "csrc"
DTYPES = ("__half", "__nv_bfloat16", "float", "double")
# Header: the kernels in it and the types they are made for.
KERNELS = {
    "gradient_dots/product_dots.cuh": {"product_dots_kernel": DTYPES},
    "gradient_dots/row_dots.cuh": {
        "row_dots_kernel": DTYPES,
        "norm_dots_kernel": DTYPES,
        "gradient_dots_sum_kernel": ("float", "double"),
    },
    "virtual_step/virtual_step.cuh": {"virtual_step_kernel": DTYPES, "virtual_step_mean_kernel": DTYPES},
    "gumbel_gates/gumbel_gates.cuh": {"gumbel_gates_kernel": DTYPES, "grad_gumbel_gates_kernel": DTYPES},
    "layer_dots/layer_dots.cuh": {"layer_dots_kernel": DTYPES, "layer_dots_sum_kernel": ("float", "double")},
    "norm_pushforward/norm_pushforward.cuh": {
        "norm_sums_kernel": DTYPES,
        "norm_coefficients_kernel": ("float", "double"),
        "norm_result_kernel": DTYPES,
    },
    "pairwise_gradient_dots/gradient_tiles.cuh": {
        "pairwise_tiles_kernel": DTYPES,
        "pairwise_slices_kernel": ("float", "double"),
    },
    "pairwise_gradient_dots/gram_blocks.cuh": {"pairwise_gram_kernel": DTYPES},
}
STACK = re.compile(r"(\d+) bytes stack frame, (\d+) bytes spill stores, (\d+) bytes spill loads")


@pytest.fixture(scope="module")
def nvrtc():
    folder = wheel("cuda_nvrtc")
    if folder is None or not wheel_includes():
        packages = "nvidia-cuda-nvrtc-cu12 nvidia-cuda-runtime-cu12 nvidia-cuda-cccl-cu12"
        pytest.skip(f"CUDA 12's NVRTC is missing: pip install {packages}")
    return ctypes.CDLL(str(next((folder / "lib").glob("libnvrtc.so.12"))))


def compile_for_sm70(nvrtc, source, expressions):
    """The compiler's status and its log."""
    program = ctypes.c_void_p()
    nvrtc.nvrtcCreateProgram(ctypes.byref(program), source.encode(), b"kernels.cu", 0, None, None)
    for expression in expressions:
        nvrtc.nvrtcAddNameExpression(program, expression.encode())
    includes = [f"-I{path}" for path in (CSRC, *wheel_includes())]
    options = ["-arch=sm_70", "-std=c++17", "--ptxas-options=-v", *includes]
    encoded = (ctypes.c_char_p * len(options))(*(option.encode() for option in options))
    status = nvrtc.nvrtcCompileProgram(program, len(options), encoded)
    size = ctypes.c_size_t()
    nvrtc.nvrtcGetProgramLogSize(program, ctypes.byref(size))
    log = ctypes.create_string_buffer(size.value)
    nvrtc.nvrtcGetProgramLog(program, log)
    nvrtc.nvrtcDestroyProgram(ctypes.byref(program))
    return status, log.value.decode()


def test_table_names_every_kernel():
    sources = {path.relative_to(CSRC).as_posix(): path.read_text() for path in CSRC.glob("*/*.cuh")}
    found = {header: set(re.findall(r"(\w+)\(const \w+ \w+[,)]", source)) for header, source in sources.items()}
    declared = {header: source.count("__global__") for header, source in sources.items()}
    for header, count in declared.items():
        kernels = KERNELS.get(header, {})
        assert len(kernels) == count, header
        assert set(kernels) <= found[header]


@pytest.mark.parametrize("header", KERNELS)
def test_compiles_without_spills(nvrtc, header):
    expressions = [f"famus::{kernel}<{dtype}>" for kernel, dtypes in KERNELS[header].items() for dtype in dtypes]
    status, log = compile_for_sm70(nvrtc, f'#include "{header}"', expressions)
    assert status == 0, log
    frames = STACK.findall(log)
    assert len(frames) >= len(expressions)
    assert all(numbers == ("0", "0", "0") for numbers in frames), log


def test_finds_a_spill(nvrtc):
    """An array with computed indices lives in local memory: the check above can fail."""
    source = "template <typename T> __global__ void spills(T* x, int i) { T y[64] = {}; y[i] = 1; x[0] = y[i * i]; }"
    status, log = compile_for_sm70(nvrtc, source, ["spills<float>"])
    assert status == 0
    assert any(int(frame) > 0 for frame, _, _ in STACK.findall(log)), log
