"""What gradient_dots allocates beside its arguments: O(N), and a chunk where it takes chunks."""

import itertools
import json

import pytest
import torch
from shared.gradient_dots_cases import arguments, convolution, normalisation
from torch.profiler import ProfilerActivity, profile

from famus_ext import _native
from famus_ext.ops import gradient_dots
from famus_ext.ops.gradient_dots.ways import CHUNK_BYTES

pytestmark = pytest.mark.skipif(_native.C is None, reason=str(_native.missing()))

POINT = convolution((1, 1), (16, 8, 40, 40), 64)
NORM = normalisation((16, 8, 40, 40), (8, 1, 1), (16, 8, 1, 1))


@pytest.fixture
def peak_bytes(tmp_path):
    """The most that a call has allocated at a time, by PyTorch's own account."""

    def measured(call):
        call()
        with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as record:
            call()
        record.export_chrome_trace(str(tmp_path / "trace.json"))
        events = json.loads((tmp_path / "trace.json").read_text())["traceEvents"]
        changes = sorted((event["ts"], event["args"]["Bytes"]) for event in events if event.get("name") == "[memory]")
        return max(itertools.accumulate(size for _, size in changes))

    return measured


@pytest.mark.parametrize("case", [POINT, NORM], ids=["product", "normalisation"])
def test_fused(peak_bytes, case):
    """Eight bytes of a partial sum for each part of an example, of 1600 positions or 12800 entries."""
    layer, *given = arguments(case, torch.float32)
    assert peak_bytes(lambda: gradient_dots(layer, *given, way="fused")) < 16 * 1024
    with _native.use("reference"):
        assert peak_bytes(lambda: gradient_dots(layer, *given)) >= given[1].nbytes


def test_chunked(peak_bytes, monkeypatch):
    """ẏ of two examples of sixteen, for a moment."""
    layer, *given = arguments(POINT, torch.float32)
    example = given[1][0].nbytes
    monkeypatch.setitem(CHUNK_BYTES, "cpu", 2 * example)
    assert 2 * example <= peak_bytes(lambda: gradient_dots(layer, *given, way="chunked")) < 5 * example
