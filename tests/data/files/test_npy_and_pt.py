"""NumPy's and torch's files of arrays: right ones, foreign ones, damaged ones."""

import os
from contextlib import suppress

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from famus_ext.data.files.npy import read_npy
from famus_ext.data.files.pt import read_pt

LABELS = np.arange(20)


class Shell:
    def __reduce__(self):
        return os.getpid, ()


class ForgedType:
    """An integer type whose flags say that its entries are objects."""

    def __reduce__(self):
        return np.dtype, ("i8", False, True), (3, "<", None, None, None, -1, -1, 63)


def write(path, value):
    torch.save(value, path) if path.suffix == ".pt" else np.save(path, value, allow_pickle=True)


def read(path):
    return read_pt(path) if path.suffix == ".pt" else read_npy(path)


@pytest.mark.parametrize("dtype", ["int64", "int32", "uint8", "float32", ">i8"])
def test_arrays(tmp_path, dtype):
    write(tmp_path / "labels.npy", LABELS.astype(dtype))
    assert np.array_equal(read(tmp_path / "labels.npy"), LABELS)


@pytest.mark.parametrize("suffix", [".npy", ".pt"])
def test_dicts_of_arrays(tmp_path, suffix):
    path = tmp_path / f"labels{suffix}"
    write(path, {"clean_label": LABELS, "coarse": [1, 2]})
    content = read(path)
    assert np.array_equal(content["clean_label"], LABELS)
    assert content["coarse"] == [1, 2]


def test_torchs_safety_stays_as_it_was(tmp_path):
    before = set(torch.serialization.get_safe_globals())
    write(tmp_path / "labels.pt", {"labels": LABELS})
    read(tmp_path / "labels.pt")
    assert set(torch.serialization.get_safe_globals()) == before
    with pytest.raises(Exception, match="Weights only load failed"):
        torch.load(tmp_path / "labels.pt")


@pytest.mark.parametrize("suffix", [".npy", ".pt"])
def test_calls_are_refused(tmp_path, suffix):
    path = tmp_path / f"labels{suffix}"
    write(path, {"labels": Shell()})
    with pytest.raises(ValueError, match=f"{path}: expected"):
        read(path)


@pytest.mark.parametrize("suffix", [".npy", ".pt"])
def test_forged_flags_of_a_type_are_not_taken_over(tmp_path, suffix):
    path = tmp_path / f"labels{suffix}"
    write(path, {"type": ForgedType()})
    assert not read(path)["type"].dtype.hasobject


@pytest.mark.parametrize("suffix", [".npy", ".pt"])
def test_arrays_in_dicts_keep_their_byte_order(tmp_path, suffix):
    path = tmp_path / f"labels{suffix}"
    write(path, {"labels": LABELS.astype(">i8")})
    assert np.array_equal(read(path)["labels"], LABELS)


@pytest.mark.filterwarnings("ignore:Reading `.npy` or `.npz` file required additional header parsing")
@pytest.mark.parametrize("suffix", [".npy", ".pt"])
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_damage_is_refused_or_harmless(tmp_path, suffix, data):
    path = tmp_path / f"labels{suffix}"
    write(path, {"labels": LABELS})
    content = bytearray(path.read_bytes())
    content[data.draw(st.integers(0, len(content) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    path.write_bytes(content[: data.draw(st.integers(0, len(content)))])
    with suppress(ValueError):  # nothing else may come out
        read(path)


def test_a_shape_that_the_file_does_not_hold_is_refused_before_memory_is_taken(tmp_path):
    path = tmp_path / "labels.npy"
    header = b"{'descr': '<i8', 'fortran_order': False, 'shape': (200000000000,), }\n"
    path.write_bytes(b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + LABELS.tobytes())
    with pytest.raises(ValueError, match=r"expected 1600000000000 bytes for the shape \(200000000000,\), got 160"):
        read(path)
