"""Torch's files that hold NumPy arrays, as CIFAR-N's do."""

from __future__ import annotations

import pickle
import struct
from pathlib import Path
from typing import Any

import torch

from famus_ext.data.files.pickles import STAND_INS


def read_pt(path: Path) -> Any:
    """The value in a file of `torch.save`: numbers, strings, lists, dicts, tensors and arrays of numbers.

    `weights_only` stays on. What is let through beside torch's own list is the making of arrays, as in `pickles`.

    Raises:
        FileNotFoundError: when there is no such file.
        ValueError: for a file that is damaged, or asks for anything else; the message names it.
    """
    arrays: list[Any] = [(stand_in, name) for name, stand_in in STAND_INS.items()]
    with torch.serialization.safe_globals(arrays):
        try:
            return torch.load(path, map_location="cpu", weights_only=True)
        except FileNotFoundError:
            raise
        # A damaged file fails wherever the reader happens to be.
        except (pickle.UnpicklingError, RuntimeError, OSError, EOFError, ArithmeticError, AttributeError) as error:
            raise ValueError(f"{path}: expected a file of torch's, got one that cannot be read: {error}") from error
        except (LookupError, TypeError, ValueError, MemoryError, AssertionError, struct.error) as error:
            raise ValueError(f"{path}: expected a file of torch's, got a damaged one: {error}") from error
