"""CSV files as spreadsheets and scripts write them: the encoding, the separator, and rows of nothing."""

from __future__ import annotations

import csv
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Set
from io import StringIO
from pathlib import Path
from shlex import quote
from typing import NamedTuple

from famus_ext.data.finding import DataError

SEPARATORS = ",;\t"  # a spreadsheet's, by its language
USUAL_OTHER = "cp1252"  # what Windows writes in Western Europe and America; like Latin-1 where that has letters
IN_UTF8 = 'Save it anew in UTF-8: as "CSV UTF-8" in a spreadsheet'


class Line(NamedTuple):
    """A row: the number of the line that it ends in, from 1, and its cells without the blanks around them."""

    number: int
    cells: list[str]


def read_rows(path: Path, title: Set[str]) -> list[Line]:
    """The rows of a CSV file that hold anything.

    UTF-8, or UTF-16 with the mark that it begins with; commas, semicolons or tabs.

    Args:
        path: The file.
        title: Columns that its first row names if it is a title.

    Raises:
        FileNotFoundError: when there is no such file.
        DataError: for other bytes, with the line of the first, and for quotes that are not closed.
    """
    text = _text(path)
    separators = SEPARATORS
    if text.startswith("sep=") and text[5:6] in ("\r", "\n"):  # Excel's note to itself
        separators, text = text[4], text[5:]
    first = next((line for line in StringIO(text, newline="") if line.strip()), "")
    for separator in separators:
        if title <= set(names_of(first.split(separator))):
            return _rows(path, text, separator)
    for separator in separators:
        try:
            rows = _rows(path, text, separator)
        except DataError:  # quotes that another separator may make right
            continue
        if all(len(row.cells) > 1 for row in rows):
            return rows
    return _rows(path, text, separators[0])


def names_of(cells: list[str]) -> list[str]:
    """The cells of a title as names of columns."""
    return [cell.strip(' "').casefold() for cell in cells]


def _text(path: Path) -> str:
    """What is in the file."""
    content = path.read_bytes()
    wide = content.startswith((BOM_UTF16_LE, BOM_UTF16_BE))
    try:
        text = content.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        if wide:
            raise DataError(f"{path}: is UTF-16 by its first bytes, and damaged: {error}", f"{IN_UTF8}.") from error
        line = content.count(b"\n", 0, error.start) + 1
        found = content.splitlines()[line - 1].decode(USUAL_OTHER, errors="replace")
        convert = f"iconv -f {USUAL_OTHER} -t utf-8 {quote(str(path))} > NEW.csv"
        raise DataError(
            f"{path}: is not in UTF-8, from line {line} on, which reads {found!r} in Windows' encoding {USUAL_OTHER}",
            f"{IN_UTF8}, or, if that is how it should read, by `{convert}`.",
        ) from error
    if "\0" in text:
        raise DataError(
            f"{path}: holds null bytes, as UTF-16 without the mark that it should begin with", f"{IN_UTF8}."
        )
    return text


def _rows(path: Path, text: str, separator: str) -> list[Line]:
    """The rows by one separator."""
    reader = csv.reader(StringIO(text, newline=""), delimiter=separator, skipinitialspace=True, strict=True)
    rows: list[Line] = []
    try:
        for cells in reader:
            rows.append(Line(reader.line_num, [cell.strip() for cell in cells]))
    except csv.Error as error:
        begin = rows[-1].number + 1 if rows else 1
        raise DataError(
            f"{path}: is no CSV file from line {begin} on: {error}",
            'Close its quotes; a quote within quotes is written twice, "".',
        ) from error
    return [row for row in rows if any(row.cells)]
