"""`python -m famus_ext compare`: folders in, table and figures out."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from famus_ext.compare.entries import compare
from famus_ext.compare.table import table_of
from famus_ext.compare.write import Format, written
from famus_ext.train.exit_code import exit_code
from famus_ext.train.options.check import OptionError
from famus_ext.train.options.shown import left_open

PROGRAM = "python -m famus_ext compare"


@dataclass(frozen=True)
class CompareOptions:
    """Compare run folders, or the cells of an experiment that `run` has trained."""

    folders: Annotated[
        tuple[Path, ...], tyro.conf.Positional, tyro.conf.arg(metavar="FOLDER ...", help_behavior_hint="")
    ]
    """Run folders, or the folder of an experiment."""
    reference: Annotated[str | None, left_open("NAME", "the experiment's, or the first")] = None
    """Row that the others are compared with, seed by seed."""
    format: Format = "text"
    """text: aligned columns. markdown: for a page. csv: numbers as they are."""
    figures: Annotated[Path | None, left_open("FOLDER", "no figures")] = None
    """Folder for the paper's figures of these runs: accuracy, loss, meta gradient, weights, time; what there is."""


def main(arguments: Sequence[str]) -> int:
    """Runs the command.

    Args:
        arguments: The command line after `compare`.

    Returns:
        The exit code: 0 fine, 1 for folders that cannot be compared, 2 for bad options.
    """
    options = tyro.cli(CompareOptions, prog=PROGRAM, args=list(arguments))
    return exit_code(PROGRAM, lambda: _compare(options))


def _compare(options: CompareOptions) -> int:
    """Prints the table, and draws the figures that are asked for."""
    if not options.folders:
        raise OptionError("expected a folder at least")
    comparison = compare(options.folders, options.reference)
    print(written(table_of(comparison), options.format).rstrip("\n"))
    if options.figures is not None:
        from famus_ext.compare.figures import draw

        for path in draw(comparison, options.figures):
            print(path, file=sys.stderr)
    return 0
