"""Lists of images: a line each, a path and most often a label."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

Rows = tuple[list[str], list[int]]
"""Paths and labels, as many of one as of the other."""


def read_labelled(path: Path) -> Rows:
    """Lines of a path and a label: `images/0/00/1278541879,867148000.jpg 13`.

    The label is what follows the last blank, since paths may hold blanks and commas. Empty lines are left out.

    Raises:
        FileNotFoundError: when there is no such file.
        ValueError: for a line without a label, with the number of such lines, or a file without a line.
    """
    names, labels, bad = [], [], []
    for number, line in _lines(path):
        name, _, label = line.rpartition(" ")
        if not name.strip() or not _is_integer(label):
            bad.append(number)
            continue
        names.append(name.strip())
        labels.append(int(label))
    if bad:
        raise ValueError(
            f"{path}: expected a path and a label in every line, got {len(bad)} other lines, the first is line {bad[0]}"
        )
    if not names:
        raise ValueError(f"{path}: expected lines of a path and a label, got none")
    return names, labels


def read_names(path: Path, *, header: bool = False) -> list[str]:
    """Lines of one path each.

    Args:
        path: The file.
        header: Whether the first line is a title.

    Raises:
        FileNotFoundError: when there is no such file.
        ValueError: for a file without a line.
    """
    names = [line for _, line in _lines(path)][header:]
    if not names:
        raise ValueError(f"{path}: expected lines of a path each, got none")
    return names


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """The lines that are not empty, with their numbers from 1."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path}: expected a list in UTF-8, got other bytes: {error}") from error
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            yield number, line.strip()


def _is_integer(text: str) -> bool:
    return text.removeprefix("-").isascii() and text.removeprefix("-").isdigit() and len(text) < 10
