"""CSV files of images: a path, a label, and where it says so the set that the image belongs to."""

from __future__ import annotations

import csv
from pathlib import Path

COLUMNS = ("path", "label", "set")


def read_table(path: Path) -> list[tuple[str, str, str]]:
    """Rows of path, label and set; the set is "train" where there is no such column.

    A first row `path,label` or `path,label,set`, in any order, names the columns; without it they are path and label.

    Raises:
        FileNotFoundError: when there is no such file.
        ValueError: for columns of other names, rows of another length, with their number, or a file without a row.
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
        raise ValueError(f"{path}: expected the columns path,label or path,label,set, got {','.join(rows[0])}")
    bad = [number for number, row in enumerate(rows) if len(row) != len(columns)]
    if bad:
        raise ValueError(
            f"{path}: expected rows of {', '.join(columns)}, got {len(bad)} others, the first is {rows[bad[0]]}"
        )
    if not rows:
        raise ValueError(f"{path}: expected rows of {', '.join(columns)}, got none")
    records = [{"set": "train", **dict(zip(columns, row, strict=True))} for row in rows]
    return [(record["path"], record["label"], record["set"]) for record in records]
