"""Refusing options: always as the command line spells them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from famus_ext.data.files.images import ImageError


class OptionError(ValueError):
    """An option that cannot be used; the message names it as the command line spells it."""


def require(holds: bool, option: str, expected: str, got: object) -> None:
    """Raises `OptionError` unless `holds`."""
    if not holds:
        raise OptionError(f"{option}: expected {expected}, got {got}")


def require_positive(option: str, value: float | None) -> None:
    """Raises `OptionError` unless `value` is None or a positive, finite number."""
    require(value is None or (math.isfinite(value) and value > 0.0), option, "a positive number", value)


def require_not_negative(option: str, value: float | None) -> None:
    """Raises `OptionError` unless `value` is None or a finite number of at least 0."""
    require(value is None or (math.isfinite(value) and value >= 0.0), option, "0 or more", value)


def require_count(option: str, value: int | None) -> None:
    """Raises `OptionError` unless `value` is None or at least 1."""
    require(value is None or value >= 1, option, "at least 1", value)


@contextmanager
def naming_options(options: Mapping[str, str], otherwise: str) -> Iterator[None]:
    """Turns what the library refuses by an argument's name into an `OptionError` by the option's.

    Args:
        options: The option of every argument, `{"every": "--meta-every"}`.
        otherwise: The option to name for an argument that has none.
    """
    try:
        yield
    except (OptionError, ModuleNotFoundError, ImageError):  # whatever the options: a missing package, a damaged file
        raise
    except (TypeError, ValueError, ImportError) as error:
        argument, colon, rest = str(error).partition(": ")
        if colon and argument in options:
            raise OptionError(f"{options[argument]}: {rest}") from error
        raise OptionError(f"{otherwise}: {error}") from error
