"""Any images in a CSV file of paths and labels."""

from __future__ import annotations

import re
from pathlib import Path

from famus_ext.data.files.tables import Row, read_table
from famus_ext.data.finding import DataError, counted, some
from famus_ext.data.sets.form import labelled, usual_form
from famus_ext.data.source import Source

SETS = ("train", "test", "meta")
INTEGER = re.compile("-?[0-9]{1,9}")


def load_image_table(path: str | Path | None, image_size: int | None = None, *, noisy: bool = True) -> Source:
    """Images of a CSV file: `path,label`, and if you like columns `set` (train, test or meta) and `id`.

    Labels may be numbers or names, which are numbered in their order. Paths start in the file's folder, and may be
    written as on Windows.

    Args:
        path: The file.
        image_size: Pixels a side; up to 64 the images are held in memory. None for 224.
        noisy: Whether the training labels are taken for noisy as they are, which they are unless you know better.

    Raises:
        FileNotFoundError: when there is no such file.
        DataError: for a file that is no such table, names another set, or images that are not there.
    """
    if path is None or not Path(path).is_file():
        got = f"the folder {path}" if path is not None and Path(path).is_dir() else path
        raise FileNotFoundError(f"data_path: expected a CSV file of path,label, got {got}")
    path, form = Path(path), usual_form(image_size)
    rows = read_table(path)
    unknown = sorted({row.set for row in rows} - set(SETS))
    if unknown or all(row.set != "train" for row in rows):
        raise DataError(
            f"{path}: expected the sets {', '.join(SETS)}, train at least, got {unknown or 'no train'}",
            "Call them so in the column set.",
        )
    label_of, class_names = _classes(path, rows)
    sets = {}
    for name in SETS:
        chosen = [row for row in rows if row.set == name]
        if chosen:
            listed = _paths(path, chosen), [label_of[row.label] for row in chosen]
            ids = None if chosen[0].id is None else tuple(row.id or "" for row in chosen)
            sets[name] = labelled(path.parent, listed, max(label_of.values()) + 1, form, ids)
    return Source(sets["train"], sets.get("test"), sets.get("meta"), noisy=noisy, class_names=class_names)


def _classes(path: Path, rows: list[Row]) -> tuple[dict[str, int], tuple[str, ...] | None]:
    """The number of every label, and the classes' names where they are called by names."""
    given = sorted({row.label for row in rows})
    if not all(INTEGER.fullmatch(label) for label in given):
        return {label: place for place, label in enumerate(given)}, tuple(given)
    label_of = {label: int(label) for label in given}
    for wrong, remedy in (
        (min(label_of.values()), "Take the rows out that have no label, if that is what it says."),
        (max(label_of.values()), "Number the classes without gaps, or call them by names."),
    ):
        if not 0 <= wrong < len(rows):
            raise DataError(f"{path}: expected labels from 0 on without large gaps, got {wrong}", remedy)
    return label_of, None


def _paths(path: Path, rows: list[Row]) -> list[str]:
    """The images' paths in the writing of this system.

    Raises:
        DataError: for images that are not there.
    """
    names = [row.path for row in rows]
    missing = [place for place, name in enumerate(names) if not (path.parent / name).is_file()]
    for place in missing:
        names[place] = names[place].replace("\\", "/")
    missing = [place for place in missing if not (path.parent / names[place]).is_file()]
    if missing:
        raise DataError(
            f"{path}: {counted(len(missing), 'image')} not there, {some([names[place] for place in missing])}",
            f"Paths begin in the file's own folder, {path.parent.resolve()}: correct them, or move the file.",
        )
    return names
