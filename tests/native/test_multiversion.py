"""Kernels for the CPU leave the same bits at the machine's level of vector instructions and at the lowest."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from native.device_code import CSRC

ROOT = CSRC.parent
OPS = ("layer_dots", "norm_pushforward", "virtual_step")
SOURCES = [*(CSRC / op / f"{op}_cpu.cpp" for op in OPS), Path(__file__).with_name("cpu_bits.cpp")]


def flags():
    """The options that the build gives the kernels, without those about warnings and without OpenMP's threads."""
    (options,) = re.findall(
        r"target_compile_options\(kernels_cpu PRIVATE (-O.*)\)", (ROOT / "CMakeLists.txt").read_text()
    )
    return ["-fopenmp-simd", *(option for option in options.split() if not option.startswith("-W"))]


@pytest.fixture(scope="module")
def programs(tmp_path_factory):
    """With versions for every level, and with one for the compiler's own target."""
    if shutil.which("g++") is None:
        pytest.skip("g++ is not installed")
    folder = tmp_path_factory.mktemp("levels")
    variants = {"every level": [], "one level": ["-U__gnu_linux__"]}
    running = [
        subprocess.Popen(
            ["g++", "-std=c++17", *flags(), *options, f"-I{CSRC}", *map(str, SOURCES), "-o", str(folder / name)]
        )
        for name, options in variants.items()
    ]
    assert [process.wait() for process in running] == [0, 0]
    return [folder / name for name in variants]


def test_levels(programs):
    """There is something to compare: the versions are in one program, and not in the other."""
    several, one = (path.read_bytes().count(b"arch_x86_64_v3") for path in programs)
    if several == 0:
        pytest.skip("the compiler makes one version")
    assert one == 0


def test_same_bits(programs):
    several, one = (subprocess.run([path], capture_output=True, check=True, timeout=60).stdout for path in programs)
    assert several.count(b"\n") == 4 * 4 * 6
    assert several == one
