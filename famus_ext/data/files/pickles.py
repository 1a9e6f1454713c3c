"""Pickles of plain values and NumPy arrays.

A pickle can call anything that Python can import. CIFAR is published as pickles, so they must be read, but of what
they may call only the making of arrays is let through.
"""

from __future__ import annotations

import codecs
import pickle
from collections.abc import Callable
from typing import IO, Any

import numpy as np

ARRAY_MODULES = ("numpy.core.multiarray", "numpy._core.multiarray")  # as NumPy 1 and 2 write it


class PickleError(ValueError):
    """A pickle that is damaged, or that asks for more than plain values and arrays."""


def read_pickle(file: IO[bytes], name: object) -> Any:
    """The value in a pickle, of numbers, strings, lists, dicts and arrays of numbers.

    Args:
        file: Where it is read from; strings of Python 2 are taken for Latin-1, so that no byte of an array is lost.
        name: What messages call it.

    Raises:
        PickleError: for a pickle that is damaged, or that asks for anything else.
    """
    try:
        return _Unpickler(file, encoding="latin1").load()
    except PickleError as error:
        raise PickleError(f"{name}: {error}") from error
    except (pickle.UnpicklingError, EOFError, MemoryError, RecursionError) as error:
        raise PickleError(f"{name}: expected a pickle, got one that cannot be read: {error}") from error
    # A damaged pickle calls its few functions with whatever it holds.
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise PickleError(f"{name}: expected a pickle, got a damaged one: {type(error).__name__}: {error}") from error


class _Unpickler(pickle.Unpickler):
    """An unpickler that finds the making of arrays and nothing else."""

    def find_class(self, module: str, name: str) -> Any:
        if (stand_in := STAND_INS.get(f"{module}.{name}")) is not None:
            return stand_in
        raise PickleError(f"expected plain values and arrays, got a pickle that asks for {module}.{name}")


class _EntryType:
    """A type of numbers by its code, `i8`, or of plain values, `O8`, which come through this unpickler too.

    It stands for NumPy's own, whose state a pickle may forge: flags that make it take numbers for objects' addresses.
    """

    def __init__(self, code: object, *_: object) -> None:
        self.dtype = np.dtype(str(code))
        if self.dtype.kind not in "biufO":
            raise PickleError(f"expected an array of numbers or plain values, got one of {self.dtype}")

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        """Takes the byte order, and nothing else."""
        order = state[1]
        if order not in ("<", ">", "=", "|"):
            raise PickleError(f"expected a byte order, got {order!r}")
        self.dtype = self.dtype.newbyteorder(order)


class _Array(np.ndarray[Any, Any]):
    """An array, empty until it gets shape and content by its state."""

    def __setstate__(self, state: tuple[Any, ...]) -> None:  # type: ignore[override]
        version, shape, entries, by_columns, content = state
        if not isinstance(entries, _EntryType):
            raise PickleError(f"expected an array's type, got {type(entries).__name__}")
        super().__setstate__((version, shape, entries.dtype, by_columns, content))  # type: ignore[arg-type]


def _empty_array(kind: type, shape: tuple[int, ...], _: object) -> np.ndarray[Any, Any]:
    """The array of no entries that NumPy's pickles begin with."""
    if kind is not _Array or shape != (0,):
        raise PickleError(f"expected an array, got {kind} of shape {shape}")
    return np.empty(0, dtype=np.int8).view(_Array)


def _latin1_bytes(text: object, encoding: object) -> bytes:
    """Bytes as Python 3 writes them for Python 2."""
    if not isinstance(text, str) or encoding != "latin1":
        raise PickleError(f"expected bytes as Latin-1, got {encoding}")
    return codecs.encode(text, "latin1")


STAND_INS: dict[str, Callable[..., Any]] = {
    "numpy.ndarray": _Array,
    "numpy.dtype": _EntryType,
    "_codecs.encode": _latin1_bytes,
    **{f"{module}._reconstruct": _empty_array for module in ARRAY_MODULES},
}
"""What a pickled array asks for, by name -> what it gets."""
