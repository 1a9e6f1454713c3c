"""What of a step reads a tensor's values on the host: each waits for all that a GPU has been given to do."""

import torch
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

READING = {
    "_local_scalar_dense",
    "_unique",
    "_unique2",
    "equal",
    "is_nonzero",
    "masked_select",
    "nonzero",
    "unique_consecutive",
    "unique_dim",
}
"""Operations whose answer, or the shape of it, depends on values."""


class HostReads:
    """Notes every read inside the `with` block; `seen` has a name for each."""

    def __init__(self):
        self.seen = []
        self._modes = _Dispatched(self.seen), _Called(self.seen)

    def __enter__(self):
        for mode in self._modes:
            mode.__enter__()
        return self

    def __exit__(self, *error):
        for mode in reversed(self._modes):
            mode.__exit__(*error)


class _Dispatched(TorchDispatchMode):
    """Operations, whoever calls them."""

    def __init__(self, seen):
        super().__init__()
        self.seen = seen

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        name = function.overloadpacket.__name__
        if name in READING or (name == "index" and any(i is not None and i.dtype == torch.bool for i in args[1])):
            self.seen.append(name)
        return function(*args, **(kwargs or {}))


class _Called(TorchFunctionMode):
    """`tolist` and `numpy`, which on a CPU are no operations."""

    def __init__(self, seen):
        super().__init__()
        self.seen = seen

    def __torch_function__(self, function, types, args=(), kwargs=None):
        if function in (torch.Tensor.tolist, torch.Tensor.numpy):
            self.seen.append(function.__name__)
        return function(*args, **(kwargs or {}))
