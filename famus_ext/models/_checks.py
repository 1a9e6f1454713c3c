"""The check that every network makes of its sizes."""

from __future__ import annotations


def check_size(value: int, name: str, at_least: int = 1) -> None:
    """Raise unless `value` is an integer of at least `at_least`."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{name}: expected an integer, got {type(value).__name__}")
    if value < at_least:
        raise ValueError(f"{name}: expected at least {at_least}, got {value}")
