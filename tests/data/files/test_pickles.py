"""Pickles: arrays of every protocol that data sets use, and nothing that calls anything."""

import io
import pickle
from collections import OrderedDict
from contextlib import suppress
from pathlib import PurePath

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from famus_ext.data.files.pickles import PickleError, read_pickle

CONTENT = {"data": np.arange(6, dtype=np.uint8).reshape(2, 3), "labels": [1, 2], "name": "batch 1", "rest": (None, 0.5)}


def read(content):
    return read_pickle(io.BytesIO(content), "file")


@pytest.mark.parametrize("protocol", [0, 1, 2, 3, 4])
@pytest.mark.parametrize("dtype", ["u1", "<i8", ">i8", "<f4", ">f8", "?"])
def test_plain_values_and_arrays(protocol, dtype):
    content = {**CONTENT, "data": CONTENT["data"].astype(dtype)}
    got = read(pickle.dumps(content, protocol=protocol))
    assert np.array_equal(got.pop("data"), content.pop("data"))
    assert got == content


def test_arrays_of_the_numpy_before_2():
    content = pickle.dumps(CONTENT, protocol=2).replace(b"numpy._core.multiarray", b"numpy.core.multiarray")
    assert np.array_equal(read(content)["data"], CONTENT["data"])


def test_arrays_as_python_2_wrote_them():
    """CIFAR's files: bytes in strings, which only Latin-1 keeps."""
    content = (
        b"\x80\x02}U\x04datacnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R"
        b"(K\x01K\x01K\x03\x86cnumpy\ndtype\nU\x02u1K\x00K\x01\x87R(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
        b"\x89U\x03\x00\x80\xfftbs."
    )
    assert read(content)["data"].tolist() == [[0, 128, 255]]


class Calls:
    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


REFUSED = {
    "a call": Calls(eval, "1 + 1"),
    "an object": PurePath("somewhere"),
    "a class": OrderedDict,
    "objects in an array": np.array([object()]),
    "a structured array": np.zeros(2, dtype=[("a", "i4")]),
    "bytes in another encoding": Calls(__import__("_codecs").encode, "text", "rot13"),
    "an array that begins large": Calls(
        np.ndarray.__reduce__(np.empty(0))[0],
        np.ndarray,
        (10**12,),
        b"b",
    ),
}


@pytest.mark.parametrize("value", REFUSED.values(), ids=REFUSED)
@pytest.mark.parametrize("protocol", [2, 4])
def test_everything_else_is_refused(value, protocol):
    with pytest.raises(PickleError, match=r"^file: expected"):
        read(pickle.dumps(value, protocol=protocol))


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_damage_is_refused_or_harmless(data):
    content = bytearray(pickle.dumps(CONTENT, protocol=2))
    for _ in range(data.draw(st.integers(1, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    content = bytes(content[: data.draw(st.integers(0, len(content)))])
    with suppress(PickleError):  # nothing else may come out
        read(content)


class ForgedType:
    """An integer type whose flags say that its entries are objects."""

    def __reduce__(self):
        return np.dtype, (">i8", False, True), (3, ">", None, None, None, -1, -1, 63)


def test_forged_flags_of_a_type_are_not_taken_over():
    assert not read(pickle.dumps(ForgedType(), protocol=2)).dtype.hasobject


def test_a_byte_order_that_is_none_is_refused():
    content = pickle.dumps(np.arange(3, dtype=">i8"), protocol=2)
    assert content.count(b"X\x01\x00\x00\x00>") == 1
    with pytest.raises(PickleError, match="byte order"):
        read(content.replace(b"X\x01\x00\x00\x00>", b"X\x01\x00\x00\x00?"))
