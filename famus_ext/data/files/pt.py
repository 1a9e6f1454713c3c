"""Torch's files that hold NumPy arrays, as CIFAR-N's do."""

from __future__ import annotations

import codecs
import pickle
import struct
from pathlib import Path
from typing import Any

import numpy as np
import torch

ARRAY_MODULES = ("numpy.core.multiarray", "numpy._core.multiarray")  # as NumPy 1 and 2 write it
DTYPES = ("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float32", "float64")


def read_pt(path: Path) -> Any:
    """The value in a file of `torch.save`: numbers, strings, lists, dicts, tensors and arrays of numbers.

    `weights_only` stays on. What is let through beside torch's own list is the making of arrays of numbers, by name.

    Raises:
        FileNotFoundError: when there is no such file.
        ValueError: for a file that is damaged, or asks for anything else; the message names it.
    """
    with torch.serialization.safe_globals(_array_globals()):
        try:
            return torch.load(path, map_location="cpu", weights_only=True)
        except FileNotFoundError:
            raise
        # A damaged file fails wherever the reader happens to be.
        except (pickle.UnpicklingError, RuntimeError, OSError, EOFError, ArithmeticError, AttributeError) as error:
            raise ValueError(f"{path}: expected a file of torch's, got one that cannot be read: {error}") from error
        except (LookupError, TypeError, ValueError, MemoryError, AssertionError, struct.error) as error:
            raise ValueError(f"{path}: expected a file of torch's, got a damaged one: {error}") from error


def _array_globals() -> list[Any]:
    """What a pickled array of numbers asks for, under the names of both generations of NumPy."""
    reconstruct = np.ndarray.__reduce__(np.empty(0))[0]
    dtypes = [type(np.dtype(name)) for name in DTYPES]
    return [np.ndarray, np.dtype, codecs.encode, *dtypes, *((reconstruct, f"{m}._reconstruct") for m in ARRAY_MODULES)]
