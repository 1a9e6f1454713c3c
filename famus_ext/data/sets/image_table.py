"""Any images in a CSV file of paths and labels."""

from __future__ import annotations

from pathlib import Path

from famus_ext.data.files.tables import read_table
from famus_ext.data.sets.form import labelled, usual_form
from famus_ext.data.source import Source

SETS = ("train", "test", "meta")


def load_image_table(path: str | Path | None, image_size: int | None = None, *, noisy: bool = True) -> Source:
    """Images of a CSV file: `path,label`, and if you like a third column `set` of train, test and meta.

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
        raise FileNotFoundError(f"data_path: expected a CSV file of path,label or path,label,set, got {path}")
    path, form = Path(path), usual_form(image_size)
    rows = read_table(path)
    unknown = sorted({name for _, _, name in rows} - set(SETS))
    if unknown or all(name != "train" for _, _, name in rows):
        raise ValueError(f"{path}: expected the sets {', '.join(SETS)}, train at least, got {unknown or 'no train'}")
    given = {label for _, label, _ in rows}
    numbers = all(label.isascii() and label.isdigit() and len(label) < 10 for label in given)
    label_of = {label: int(label) if numbers else place for place, label in enumerate(sorted(given))}
    num_classes = max(label_of.values()) + 1
    if num_classes > len(rows):
        raise ValueError(f"{path}: expected labels from 0 on without large gaps, got {num_classes - 1}")
    sets = {}
    for name in SETS:
        chosen = [(file, label_of[label]) for file, label, where in rows if where == name]
        if chosen:
            rows_of_set = [file for file, _ in chosen], [label for _, label in chosen]
            sets[name] = labelled(path.parent, rows_of_set, num_classes, form)
    names = None if numbers else tuple(sorted(given))
    return Source(sets["train"], sets.get("test"), sets.get("meta"), noisy=noisy, class_names=names)
