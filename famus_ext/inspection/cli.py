"""`python -m famus_ext inspect`: options in, exit code out."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import tyro

from famus_ext.inspection.inspection import inspect
from famus_ext.inspection.page import page
from famus_ext.train.command_line import parse
from famus_ext.train.config import Config
from famus_ext.train.config_file import words_of_files
from famus_ext.train.exit_code import exit_code
from famus_ext.train.options.check import OptionError
from famus_ext.train.options.shown import left_open

PROGRAM = "python -m famus_ext inspect"
ABOUT = """Look at what `train` would do with the same options, and at what is wrong with it. Writes nothing.

The exit code is 0 for fine, 1 for problems found, 2 for options that cannot be used.
"""
STEPS = 6  # of which the first is not timed


@dataclass(frozen=True)
class InspectionOptions:
    """What is looked at, and how it is said."""

    steps: Annotated[int, tyro.conf.arg(name="trial-steps")] = STEPS
    """Real steps to take; 0 for none."""
    check_files: bool = True
    """Read every image, to find those that are damaged, copied, or in two sets; a million takes long."""
    as_json: Annotated[bool, tyro.conf.arg(name="json")] = False
    """Print JSON, for machines."""
    config_file: Annotated[Path | None, left_open("FILE.yaml", "none", name="config")] = None
    """File of options, as of train."""


@dataclass(frozen=True)
class Options:
    """What `inspect` is told."""

    config: Annotated[Config, tyro.conf.arg(name="")] = field(default_factory=Config)
    inspection: Annotated[InspectionOptions, tyro.conf.arg(name="")] = field(default_factory=InspectionOptions)


def main(arguments: Sequence[str]) -> int:
    """Runs the command.

    Args:
        arguments: The command line after `inspect`.

    Returns:
        The exit code: 0 fine, 1 for problems found, 2 for bad options.
    """
    return exit_code(PROGRAM, lambda: _inspect(arguments))


def _inspect(arguments: Sequence[str]) -> int:
    """Looks, prints, and says whether there are problems."""
    words = [*words_of_files(arguments), *arguments]
    options = parse(Options, words, default=Options(), program=PROGRAM, about=ABOUT)
    asked = options.inspection
    if asked.steps < 0:
        raise OptionError(f"--trial-steps: expected 0 or more, got {asked.steps}")
    found = inspect(options.config, steps=asked.steps, check_files=asked.check_files)
    print(json.dumps(found.to_dict(), indent=2) if asked.as_json else page(found))
    return 1 if found.problems else 0
