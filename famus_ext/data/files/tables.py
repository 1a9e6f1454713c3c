"""CSV files of images: a path, a label, and where it says so the image's set and what it is called."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from famus_ext.data.files.spreadsheet import Line, names_of, read_rows
from famus_ext.data.finding import DataError, counted

NEEDED = ("path", "label")
COLUMNS = (*NEEDED, "set", "id")
SEPARATED = "Separate path and label by commas, semicolons or tabs"
FORM = "a first row path,label, set and id if you like, then a row an image, its path from the file's own folder"


class Row(NamedTuple):
    """An image of a table; the set is "train" and there is no id where there are no such columns."""

    path: str
    label: str
    set: str = "train"
    id: str | None = None


def read_table(path: Path) -> list[Row]:
    """The images of a table.

    A first row `path,label`, also with `set` and `id`, in any order, names the columns; without it they are path and
    label. A column without a name, such as the numbers that pandas writes, is left out.

    Raises:
        FileNotFoundError: when there is no such file.
        DataError: for another encoding, columns of other names, a second title, rows of another length or without a
            path or a label, with their line, or a file without a row.
    """
    lines = read_rows(path, set(NEEDED))
    columns = list(NEEDED)
    if lines and set(NEEDED) <= set(names_of(lines[0].cells)):
        columns = names_of(lines.pop(0).cells)
    elif lines:
        _check_no_title(path, lines)
    named = [column for column in columns if column]
    if len(set(named)) < len(named) or not set(named) <= set(COLUMNS):
        raise DataError(
            f"{path}: expected the columns path,label, set and id if you like, got {','.join(named)}",
            "Take the others out.",
        )
    if not lines:
        raise DataError(f"{path}: has no row of an image", f"Expected: {FORM}.")
    _check_rows(path, columns, lines)
    images = [dict(zip(columns, line.cells, strict=True)) for line in lines]
    return [Row(**{name: cell for name, cell in image.items() if name}) for image in images]


def _check_no_title(path: Path, lines: list[Line]) -> None:
    """Raises DataError where the first row looks like a title of other names, or no row has columns."""
    first = lines[0].cells
    if all(len(line.cells) == 1 for line in lines):
        raise DataError(f"{path}: has one column, its first row is {first[0]!r}", f"{SEPARATED}. Expected: {FORM}.")
    titled = set(NEEDED) & set(names_of(first))
    unlike = len(lines) > 1 and any(map(_suffix, lines[1].cells)) and not any(map(_suffix, first))
    if titled or unlike:
        raise DataError(
            f"{path}: its first row, {','.join(first)}, would be taken for an image", "Call the columns path,label."
        )


def _check_rows(path: Path, columns: list[str], lines: list[Line]) -> None:
    """Raises DataError for rows that are none of an image."""
    named = ", ".join(column or "one without a name" for column in columns)
    bad = [line for line in lines if len(line.cells) != len(columns)]
    if bad:
        raise DataError(
            f"{path}: expected rows of {named}, got {counted(len(bad), 'other')}, "
            f"the first in line {bad[0].number}, {bad[0].cells}",
            "Put a path that holds the separator in quotes, or correct the row.",
        )
    again = [line.number for line in lines if set(NEEDED) <= set(names_of(line.cells))]
    if again:
        raise DataError(
            f"{path}: has the title again in line {again[0]}, where files were joined perhaps",
            "Keep it in the first row alone.",
        )
    needed = [columns.index(name) for name in NEEDED]
    empty = [line for line in lines if not all(line.cells[place] for place in needed)]
    if empty:
        raise DataError(
            f"{path}: has {counted(len(empty), 'row')} without a path or a label, the first in line {empty[0].number}, "
            f"{empty[0].cells}",
            "Fill them in or take them out.",
        )


def _suffix(cell: str) -> str:
    return Path(cell).suffix
