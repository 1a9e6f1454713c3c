"""How the sections of a step are run: at once, or recorded and replayed (see `capture`)."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Hashable
from typing import Any, Protocol, TypeVar

from torch import Tensor
from torch.utils._pytree import tree_map_only

Result = TypeVar("Result")


class Runner(Protocol):
    """Runs sections: functions that neither wait for the device nor depend on anything but tensors kept in place.

    Attributes:
        replays: Whether a section's Python runs in the first step only. Then all that a section has left is needed
            again, and nothing may be freed early.
    """

    @property
    def replays(self) -> bool:
        """See above."""

    def __call__(self, key: Hashable, section: Callable[[], Result]) -> Result:
        """The section's result; sections of one key do the same with the same tensors."""

    def hold(self, name: str, value: Tensor) -> Tensor:
        """A tensor with this value that a section may read in every step."""

    def keep(self, result: Result) -> Result:
        """A dataclass of what sections gave, detached, that no section run from now on overwrites."""


class AtOnce:
    """Runs a section when it is asked to."""

    replays = False

    def __call__(self, key: Hashable, section: Callable[[], Result]) -> Result:
        """Run it."""
        return section()

    def hold(self, name: str, value: Tensor) -> Tensor:
        """The tensor itself."""
        return value

    def keep(self, result: Result) -> Result:
        """The result itself."""
        return result


AT_ONCE = AtOnce()


def copied(result: Any) -> Any:
    """A dataclass with detached copies of its tensors."""
    fields = {field.name: getattr(result, field.name) for field in dataclasses.fields(result)}
    return type(result)(**tree_map_only(Tensor, lambda tensor: tensor.detach().clone(), fields))
