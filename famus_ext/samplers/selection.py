"""Ways to name some of a network's layers."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from famus_ext._checks import check_positive_integer
from famus_ext.network.blocks import at_or_below
from famus_ext.network.layers import Layer

Selection = int | Sequence[str] | Callable[[Layer], bool]
"""The last k layers; the layers at or below qualified names; or the layers for which a function is true."""


def select(found: Sequence[Layer], selection: Selection, argument: str) -> tuple[int, ...]:
    """Indices of the layers selected, in rising order.

    Args:
        found: All layers, L of them.
        selection: The last k, all where there are fewer; names, each of a layer or of a module above some; or a
            predicate.
        argument: The name of the argument that is `selection`, for errors.

    Raises:
        TypeError: `selection` is none of these.
        ValueError: It is an integer below 1, or a name matches no layer.
    """
    if isinstance(selection, int):
        last = check_positive_integer(selection, argument)
        return tuple(range(max(len(found) - last, 0), len(found)))
    if callable(selection):
        return tuple(i for i, layer in enumerate(found) if selection(layer))
    # A lone name would be taken for a sequence of letters.
    if not isinstance(selection, Sequence) or isinstance(selection, (str, bytes)):
        expected = "an integer, a list of names or a predicate"
        raise TypeError(f"{argument}: expected {expected}, got {type(selection).__name__}")
    return tuple(sorted({i for name in selection for i in _named(found, name, argument)}))


def _named(found: Sequence[Layer], name: object, argument: str) -> list[int]:
    """Indices of the layers at or below a name, one at least."""
    if not isinstance(name, str):
        raise TypeError(f"{argument}: expected names of layers, got {type(name).__name__}")
    names = [layer.name for layer in found]
    indices = at_or_below(names, name)
    if not indices:
        expected = f"names of layers, or of modules above some, of {', '.join(names)}"
        raise ValueError(f"{argument}: expected {expected}; got {name!r}")
    return indices
