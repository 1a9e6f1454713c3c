"""`experiment.json` in the folder of an experiment of several cells: which cell lies where, and the paper's number."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from famus_ext.train.folder.files import atomic_write
from famus_ext.train.folder.read_run import RunError
from famus_ext.train.typed import from_plain

NAME = "experiment.json"
Measure = Literal["best", "final"]
"""Test accuracy at the best epoch, looked up on the test set, or after the last one."""


@dataclass(frozen=True)
class Cell:
    """One cell of an experiment: one method under one condition.

    Attributes:
        name: What it is called.
        row: Its row: the method, say.
        column: Its column: the noise rate, say; None for an experiment of rows alone.
        folder: Name of its run folder, beside `experiment.json`.
        paper: The paper's test accuracy in percent, on this data set; None where there is none.
        paper_ms: The paper's milliseconds a step.
    """

    name: str
    row: str
    column: str | None
    folder: str
    paper: float | None
    paper_ms: float | None


@dataclass(frozen=True)
class Layout:
    """What an experiment is, and its cells.

    Attributes:
        title: What it is called.
        shows: What it is to show.
        measure: The accuracy that the paper gives.
        reference: The row that the others are compared with.
        cells: Its cells, row by row.
    """

    title: str
    shows: str
    measure: Measure
    reference: str
    cells: tuple[Cell, ...]

    def write(self, folder: Path) -> None:
        """Writes `experiment.json`."""
        with atomic_write(folder / NAME) as file:
            json.dump(asdict(self), file, indent=2, ensure_ascii=False)
            file.write("\n")


def file_name(text: str) -> str:
    """A name as a file's or folder's: small letters and digits, with hyphens between."""
    return re.sub(r"\W+", "-", text.replace("+", " plus ").lower()).strip("-")


def read_layout(folder: Path) -> Layout | None:
    """The layout in a folder; None where there is none.

    Raises:
        RunError: when it is damaged.
    """
    path = folder / NAME
    if not path.exists():
        return None
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(content, dict) or not isinstance(content.get("cells"), list):
            raise ValueError("expected an object with cells")
        return from_plain(Layout, {**content, "cells": [from_plain(Cell, cell) for cell in content["cells"]]})
    except (OSError, ValueError) as error:
        raise RunError(f"{path}: damaged: {error}") from error
