"""How an option that may be left to the package is shown in the help."""

from __future__ import annotations

from typing import Any

import tyro


def left_open(kind: str, usual: str, *, name: str | None = None, aliases: tuple[str, ...] = ()) -> Any:
    """For an option whose default, None, stands for something that the help should say.

    Args:
        kind: What is written after the option, `INT` say.
        usual: What is taken where nothing is.
        name: What the option is called, where not as its field.
        aliases: What else it is called.
    """
    hint = lambda default: f"(default: {_said(default, usual)})"  # noqa: E731
    return tyro.conf.arg(name=name, metavar=kind, aliases=aliases, help_behavior_hint=hint)


def _said(default: str, usual: str) -> str:
    """A default as the help says it; one that a configuration file has set is what it is."""
    return usual if default == "None" else default
