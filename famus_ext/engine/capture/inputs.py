"""The batches of a captured step: buffers that every step's batch is copied to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor
from torch.utils._pytree import TreeSpec, tree_flatten, tree_map


class StaticInputs:
    """Copies of the first step's inputs, by argument; later ones must be like them.

    Attributes:
        values: The inputs by argument, at the same address in every step.
    """

    def __init__(self, first: Mapping[str, Any]) -> None:
        self.values = {name: tree_map(_copy, value) for name, value in first.items()}
        self._flat: dict[str, tuple[list[Any], TreeSpec]] = {n: tree_flatten(v) for n, v in self.values.items()}

    def load(self, inputs: Mapping[str, Any]) -> None:
        """Copy a step's inputs.

        Raises:
            ValueError: One differs in structure, shape, dtype, device or in what is no tensor.
        """
        for name, value in inputs.items():
            (own, structure), (new, new_structure) = self._flat[name], tree_flatten(value)
            if structure != new_structure:
                raise ValueError(
                    f"{name}: expected the structure that the step was captured with, {structure}, got {new_structure}"
                )
            for known, given in zip(own, new, strict=True):
                if _described(known) != _described(given):
                    raise ValueError(
                        f"{name}: expected what the step was captured with, {_described(known)}, got "
                        f"{_described(given)}; keep batches of one shape (drop_last=True)"
                    )
        for name, value in inputs.items():
            for known, given in zip(self._flat[name][0], tree_flatten(value)[0], strict=True):
                if isinstance(known, Tensor):
                    # No change to the recorded autograd graphs that hold it: what they saved is replayed too.
                    known.data.copy_(given, non_blocking=True)


def _copy(value: Any) -> Any:
    """A tensor's copy; all else is what it is."""
    return value.detach().clone() if isinstance(value, Tensor) else value


def _described(value: Any) -> str:
    """What must be the same in every step."""
    if isinstance(value, Tensor):
        return f"{list(value.shape)} {value.dtype} on {value.device}"
    return repr(value)
