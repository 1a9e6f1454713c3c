"""CSV files of images: a path, a label, and where it says so the image's set and what it is called."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import NamedTuple

COLUMNS = ("path", "label", "set", "id")


class Row(NamedTuple):
    """An image of a table; the set is "train" and there is no id where there are no such columns."""

    path: str
    label: str
    set: str = "train"
    id: str | None = None


def read_table(path: Path) -> list[Row]:
    """The images of a table.

    A first row `path,label`, also with `set` and `id`, in any order, names the columns; without it they are path and
    label.

    Raises:
        FileNotFoundError: when there is no such file.
        ValueError: for columns of other names, a second title, rows of another length or without a path or a label,
            with their number, or a file without a row.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = [row for row in csv.reader(file, strict=True) if row]
    except (UnicodeDecodeError, csv.Error) as error:
        raise ValueError(f"{path}: expected a CSV file in UTF-8, got one that cannot be read: {error}") from error
    columns = list(COLUMNS[:2])
    if rows and {"path", "label"} <= set(rows[0]) <= set(COLUMNS):
        columns = rows.pop(0)
    elif rows and "label" in rows[0]:
        raise ValueError(f"{path}: expected the columns path,label, set and id if you like, got {','.join(rows[0])}")
    bad = [number for number, row in enumerate(rows) if len(row) != len(columns)]
    if bad:
        raise ValueError(
            f"{path}: expected rows of {', '.join(columns)}, got {len(bad)} others, the first is {rows[bad[0]]}"
        )
    if not rows:
        raise ValueError(f"{path}: expected rows of {', '.join(columns)}, got none")
    if columns in rows:
        raise ValueError(f"{path}: expected one title, got another in row {rows.index(columns) + 2}")
    images = [Row(**dict(zip(columns, row, strict=True))) for row in rows]
    empty = [number for number, image in enumerate(images) if not (image.path.strip() and image.label.strip())]
    if empty:
        raise ValueError(
            f"{path}: expected a path and a label in every row, got {len(empty)} without, the first is {rows[empty[0]]}"
        )
    return images
