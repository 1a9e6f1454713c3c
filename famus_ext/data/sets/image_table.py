"""Any images in a CSV file of paths and labels."""

from __future__ import annotations

from pathlib import Path

from famus_ext.data.files.tables import read_table
from famus_ext.data.sets.form import labelled, usual_form
from famus_ext.data.source import Source

SETS = ("train", "test", "meta")


def load_image_table(path: str | Path | None, image_size: int | None = None, *, noisy: bool = True) -> Source:
    """Images of a CSV file: `path,label`, and if you like columns `set` (train, test or meta) and `id`.

    Labels may be numbers or names, which are numbered in their order. Paths start in the file's folder.

    Args:
        path: The file.
        image_size: Pixels a side; up to 64 the images are held in memory. None for 224.
        noisy: Whether the training labels are taken for noisy as they are, which they are unless you know better.

    Raises:
        FileNotFoundError: when there is no such file.
        ValueError: for a file that is no such table, or names another set.
    """
    if path is None or not Path(path).is_file():
        raise FileNotFoundError(f"data_path: expected a CSV file of path,label, got {path}")
    path, form = Path(path), usual_form(image_size)
    rows = read_table(path)
    unknown = sorted({row.set for row in rows} - set(SETS))
    if unknown or all(row.set != "train" for row in rows):
        raise ValueError(f"{path}: expected the sets {', '.join(SETS)}, train at least, got {unknown or 'no train'}")
    given = {row.label for row in rows}
    numbers = all(label.isascii() and label.isdigit() and len(label) < 10 for label in given)
    label_of = {label: int(label) if numbers else place for place, label in enumerate(sorted(given))}
    num_classes = max(label_of.values()) + 1
    if num_classes > len(rows):
        raise ValueError(f"{path}: expected labels from 0 on without large gaps, got {num_classes - 1}")
    sets = {}
    for name in SETS:
        chosen = [row for row in rows if row.set == name]
        if chosen:
            listed = [row.path for row in chosen], [label_of[row.label] for row in chosen]
            ids = None if chosen[0].id is None else tuple(row.id or "" for row in chosen)
            sets[name] = labelled(path.parent, listed, num_classes, form, ids)
    names = None if numbers else tuple(sorted(given))
    return Source(sets["train"], sets.get("test"), sets.get("meta"), noisy=noisy, class_names=names)
