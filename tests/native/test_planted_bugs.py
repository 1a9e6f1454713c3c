"""The sanitizers find bugs that are planted in device code."""

import subprocess

import pytest
from native.device_code import SANITIZERS, SHIM, compile_for_cpu

# Each of these is a bug that the sanitizer must find, or the tests of device code would prove nothing.
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
    clean = subprocess.run([program, "none"], capture_output=True, encoding="utf-8", check=False, timeout=60)
    assert clean.returncode == 0, clean.stderr
    for bug, (finder, message) in PLANTED.items():
        if finder == sanitizer:
            result = subprocess.run([program, bug], capture_output=True, encoding="utf-8", check=False, timeout=60)
            assert result.returncode != 0, bug
            assert message in result.stderr, bug
