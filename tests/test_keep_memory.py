"""Freed memory that is kept costs no page faults."""

import subprocess
import sys

import pytest

import famus_ext as famus

COUNT = """
import resource, torch, famus_ext as famus

def faults():
    start = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(5):
        torch.ones(25 * 2**20)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - start

# A hundred MiB: more than glibc ever learns to keep.
before = faults()
assert famus.keep_freed_memory()
faults()
print(before, faults())
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the setting is glibc's")
def test_page_faults_vanish():
    """In a process of its own, since the setting cannot be taken back."""
    counted = subprocess.run([sys.executable, "-c", COUNT], capture_output=True, text=True, check=True)
    before, after = map(int, counted.stdout.split())
    assert after < before / 10


@pytest.mark.skipif(sys.platform.startswith("linux"), reason="here the setting exists")
def test_elsewhere_nothing_happens():
    assert not famus.keep_freed_memory()
