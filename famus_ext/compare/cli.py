"""`python -m famus_ext compare`: folders in, table out."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from famus_ext.compare.table import tabulate
from famus_ext.compare.write import Format, written
from famus_ext.train.read_run import RunError

PROGRAM = "python -m famus_ext compare"


@dataclass(frozen=True)
class CompareOptions:
    """Compare run folders, or the cells of an experiment that `run` has trained."""

    folders: tyro.conf.Positional[tuple[Path, ...]]
    """Run folders, or the folder of an experiment."""
    reference: Annotated[str | None, tyro.conf.arg(metavar="NAME")] = None
    """Row that the others are compared with, seed by seed; None is the experiment's, or the first."""
    format: Format = "text"
    """text: aligned columns. markdown: for a page. csv: numbers as they are."""


def main(arguments: Sequence[str]) -> int:
    """Runs the command.

    Args:
        arguments: The command line after `compare`.

    Returns:
        The exit code: 0 fine, 1 for folders that cannot be compared, 2 for bad options.
    """
    options = tyro.cli(CompareOptions, prog=PROGRAM, args=list(arguments))
    if not options.folders:
        print(f"{PROGRAM}: expected a folder at least", file=sys.stderr)
        return 2
    try:
        print(written(tabulate(options.folders, options.reference), options.format).rstrip("\n"))
    except (RunError, OSError) as error:
        print(f"{PROGRAM}: {error}", file=sys.stderr)
        return 1
    return 0
