"""From the words of a command line to options: tyro's parser, told of other papers' spellings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import is_dataclass
from typing import Any, TypeVar, get_type_hints

import tyro

from famus_ext.train.options.check import OptionError
from famus_ext.train.options.spellings import translated

Options = TypeVar("Options")
TRUTH_VALUES = {"true", "false"}


def parse(kind: type[Options], arguments: Sequence[str], *, default: Options, program: str, about: str) -> Options:
    """The options that a command line gives.

    Args:
        kind: A dataclass, of groups of options; a field is an option by its own name, whatever group it is in.
        arguments: The command line after the command, in our spelling or another paper's.
        default: What is taken for options that it does not give.
        program: What the help calls the command.
        about: What the help begins with.

    Raises:
        OptionError: for another paper's option that has no counterpart here, or a value after a switch.
        SystemExit: with 0 for --help; with 2 when tyro finds, and prints, what else is wrong.
    """
    words = translated(arguments)
    _check_switches(words, set(_switches(kind)))
    return tyro.cli(
        kind, prog=program, description=about, args=words, default=default, config=(tyro.conf.OmitArgPrefixes,)
    )


def _check_switches(words: Sequence[str], switches: set[str]) -> None:
    """Refuses --switch False, which other parsers take for true."""
    for position, word in enumerate(words):
        name, equals, value = word.partition("=")
        following = value if equals else "".join(words[position + 1 : position + 2])
        if name in switches and (equals or following.lower() in TRUTH_VALUES):
            raise OptionError(f"{name}: takes no value, got {following}; write {name} or --no-{name[2:]}")


def _switches(kind: Any) -> Iterator[str]:
    """The options of a dataclass and of its groups that are on or off."""
    for name, hint in get_type_hints(kind).items():
        if is_dataclass(hint):
            yield from _switches(hint)
        elif hint is bool:
            yield f"--{name.replace('_', '-')}"
