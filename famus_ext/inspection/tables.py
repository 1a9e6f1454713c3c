"""Mistakes in a CSV file of one's own images."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

from famus_ext.inspection.finding import Finding, counted, some

FORM = "a first row path,label, set and id if you like, then a row an image, its path from the file's own folder"


def table_findings(path: Path) -> list[Finding]:
    """What is wrong with the rows of a table, without reading an image.

    Args:
        path: `--data-path` of `--dataset csv`; a file that is there.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = [row for row in csv.reader(file) if row]
    except (UnicodeDecodeError, csv.Error) as error:
        return [Finding(f"{path}: cannot be read as CSV: {error}", "Save it as CSV (comma separated) in UTF-8.")]
    titles = [number for number, row in enumerate(rows) if "label" in row and "path" in row]
    images = [row for number, row in enumerate(rows) if number not in titles]
    if not images:
        return [Finding(f"{path}: no row of an image", f"Expected: {FORM}.")]
    findings = []
    if further := titles[1:] if titles and titles[0] == 0 else titles:
        findings.append(
            Finding(
                f"{path}: the title again in {counted(len(further), 'row')}, the first is row {further[0] + 1}, "
                "where files were joined perhaps",
                "Keep the title in the first row alone.",
            )
        )
    if len(images[0]) == 1 and any(mark in images[0][0] for mark in ";\t"):
        findings.append(Finding(f"{path}: its columns are not separated by commas", "Save it with commas."))
        return findings
    if titles[:1] != [0] and not any(Path(cell).suffix for cell in rows[0]):
        first = ",".join(rows[0])
        findings.append(
            Finding(f"{path}: its first row, {first}, is taken for an image", "Call the columns path,label.")
        )
        return findings
    return findings + _empty_and_missing(path, rows[0] if titles[:1] == [0] else ["path", "label"], images)


def _empty_and_missing(path: Path, columns: list[str], images: list[list[str]]) -> list[Finding]:
    """Rows without a path or a label, and files that are not there."""
    findings = []
    whole = [dict(zip(columns, row, strict=True)) for row in images if len(row) == len(columns)]
    empty = [row for row in whole if not row.get("path", "").strip() or not row.get("label", "").strip()]
    if empty:
        findings.append(
            Finding(
                f"{path}: {counted(len(empty), 'row')} with an empty path or label", "Fill them in or take them out."
            )
        )
    names = [row["path"] for row in whole if row.get("path")]
    missing = [name for name in names if not (path.parent / name).is_file()]
    if missing:
        findings.append(
            Finding(
                f"{path}: {counted(len(missing), 'image')} not there, {some(missing)}",
                f"Paths begin in the file's own folder, {path.parent.resolve()}: correct them, or move the file.",
            )
        )
    spaced = [label for label in {row.get("label", "") for row in whole} if label != label.strip()]
    if spaced:
        same = Counter(label.strip() for label in {row.get("label", "") for row in whole})
        twins = [label for label, count in same.items() if count > 1]
        findings.append(
            Finding(
                f"{path}: {counted(len(spaced), 'label')} with blanks around, {some(sorted(map(repr, spaced)))}"
                + (f", which make two classes of {some(sorted(twins))}" if twins else ""),
                "Take the blanks out.",
            )
        )
    return findings
