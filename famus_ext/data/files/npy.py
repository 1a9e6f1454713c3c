"""NumPy's files of one array, or of one pickled value."""

from __future__ import annotations

import math
from pathlib import Path
from tokenize import TokenError
from typing import Any

import numpy as np
from numpy.lib import format as npy

from famus_ext.data.files.pickles import read_pickle


def read_npy(path: Path) -> Any:
    """The array of numbers in a file; or the value of one that holds an object, which is pickled.

    Raises:
        FileNotFoundError: when there is no such file.
        ValueError: for a file that is damaged, incomplete or no such file; the message names it.
    """
    with path.open("rb") as file:
        try:
            version = npy.read_magic(file)
            read_header = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
            shape, column_major, dtype = read_header(file)
        except (ValueError, EOFError, SyntaxError, OverflowError, TypeError, TokenError) as error:
            raise ValueError(f"{path}: expected a file of NumPy's, got one with another header: {error}") from error
        if dtype.hasobject:
            value = read_pickle(file, path)
            return value.item() if isinstance(value, np.ndarray) and value.ndim == 0 else value
        if dtype.kind not in "biuf" or (column_major and len(shape) > 1):
            raise ValueError(f"{path}: expected an array of numbers by rows, got {dtype}")
        content = file.read()
    expected = math.prod(shape) * dtype.itemsize
    if len(content) != expected:
        raise ValueError(
            f"{path}: expected {expected} bytes for the shape {shape}, got {len(content)}; damaged or incomplete"
        )
    return np.frombuffer(content, dtype=dtype).reshape(shape)
