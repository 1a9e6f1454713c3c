"""A device without float64, as Apple's GPUs are, played by the CPU."""

from contextlib import contextmanager
from unittest import mock

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

import famus_ext as famus

WIDE = (torch.float64, torch.complex128)


def said_to_have_none():
    """Within it every device says that it has no float64."""
    return mock.patch("famus_ext._widest.holds_float64", return_value=False)


@contextmanager
def without_float64():
    """Refuse every tensor of float64 too; ops run by their definitions, as there."""
    with said_to_have_none() as asked, famus.use("reference"), _Refusing():
        yield asked


class _Refusing(TorchDispatchMode):
    """As that device would."""

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        result = function(*args, **(kwargs or {}))
        for value in tree_leaves((args, kwargs, result)):
            if isinstance(value, torch.Tensor) and value.dtype in WIDE:
                raise TypeError(f"{function}: expected no float64 on this device")
        return result
