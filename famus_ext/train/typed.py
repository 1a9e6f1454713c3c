"""Dataclasses from what a JSON file holds: the names must be the fields', and the values of the fields' types."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

Record = TypeVar("Record")

LARGEST = 2**64  # JSON's integers have no end, and a float that is compared with a larger one overflows


def from_plain(cls: type[Record], values: object) -> Record:
    """A dataclass of the values of a JSON object.

    Args:
        cls: The dataclass. Its fields are numbers, strings, booleans, None, literals, lists and tuples of them, or
            dataclasses that are made already.
        values: The object; a list becomes a tuple where the field is one.

    Raises:
        ValueError: The names are others, or a value is of another type.
    """
    if not isinstance(values, Mapping):
        raise ValueError(f"expected an object with named values, got {type(values).__name__}")
    expected, got = {field.name for field in fields(cls)}, set(values)  # type: ignore[arg-type]
    if expected != got:
        raise ValueError(f"missing {sorted(expected - got)}, unknown {sorted(got - expected)}")
    hints = get_type_hints(cls)
    for name, value in values.items():
        if not fits(value, hints[name]):
            raise ValueError(f"{name}: a value of the wrong kind: {value!r:.80}")
    return cls(**{name: _tuple_if(value, hints[name]) for name, value in values.items()})


def fits(value: object, kind: Any) -> bool:
    """Whether a value is of the type of a field; an integer does for a float."""
    origin, inner = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return fits(value, inner[0])
    if origin in (Union, UnionType):
        return any(fits(value, one) for one in inner)
    if origin is Literal:
        return isinstance(value, str) and value in inner
    if origin in (list, tuple):
        return isinstance(value, (list, tuple)) and all(fits(entry, inner[0]) for entry in value)
    if isinstance(value, int) and kind in (int, float):
        return not isinstance(value, bool) and -LARGEST <= value <= LARGEST
    return value is None if kind in (None, NoneType) else isinstance(value, kind)


def _tuple_if(value: object, kind: Any) -> object:
    """A list as a tuple where the field is one."""
    if get_origin(kind) is Annotated:
        kind = get_args(kind)[0]
    return tuple(value) if isinstance(value, list) and get_origin(kind) is tuple else value
