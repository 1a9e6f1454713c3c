"""When a run is said to take long, and what is said to make it shorter."""

import os
from types import SimpleNamespace

import pytest

from famus_ext.inspection.cost import LONG, takes_long


def test_hours_on_a_cpu_are_remarked(monkeypatch):
    monkeypatch.setattr(os, "cpu_count", lambda: 8)
    (found,) = takes_long(SimpleNamespace(device="cpu", run_seconds=3 * LONG), 1)
    assert not found.is_problem
    assert "about 3.0 h on this CPU" in found.problem
    assert "--no-baseline, --threads 8, or a GPU" in found.remedy
    (found,) = takes_long(SimpleNamespace(device="cpu", run_seconds=3 * LONG), 8)
    assert "--threads" not in found.remedy


@pytest.mark.parametrize(("device", "seconds"), [("cpu", LONG), ("cuda", 100 * LONG)])
def test_an_hour_and_a_gpu_are_not(device, seconds):
    assert takes_long(SimpleNamespace(device=device, run_seconds=seconds), 1) == []
