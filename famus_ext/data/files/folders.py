"""A folder a class."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from famus_ext.data.files.images import IMAGE_SUFFIXES
from famus_ext.data.files.lists import Rows


def class_names(folder: Path) -> tuple[str, ...]:
    """The folders in a folder: 0, 1, ..., 10 as numbers where all of them are, else by name.

    Raises:
        ValueError: for none.
    """
    names = [entry.name for entry in folder.iterdir() if entry.is_dir() and not entry.name.startswith(".")]
    if not names:
        raise ValueError(f"{folder}: expected a folder a class, got none")
    numbered = all(name.isascii() and name.isdigit() for name in names)
    return tuple(sorted(names, key=int) if numbered else sorted(names))


def read_folders(root: Path, folder: str, classes: Sequence[str]) -> Rows:
    """The images of each class, those of the first class first, each class by name.

    Args:
        root: Where the paths start.
        folder: The folder of the classes' folders, from there.
        classes: What the labels 0, 1, ... are called.

    Raises:
        ValueError: for a folder that is no class, or none that has an image.
    """
    unknown = sorted(set(class_names(root / folder)) - set(classes))
    if unknown:
        raise ValueError(
            f"{root / folder}: expected folders of {len(classes)} known classes, got {len(unknown)} others, "
            f"{unknown[0]!r} say"
        )
    names: list[str] = []
    labels: list[int] = []
    for label, name in enumerate(classes):
        files = image_names(root, f"{folder}/{name}")
        names += files
        labels += [label] * len(files)
    if not names:
        raise ValueError(f"{root / folder}: expected images in the classes' folders, got none")
    return names, labels


def image_names(root: Path, folder: str) -> list[str]:
    """The images in a folder and the folders in it, by name, as paths from `root`; none where there is no folder.

    What is hidden is left out, such as the `._cat.jpg` that macOS puts beside a `cat.jpg`.
    """
    files = (file for file in (root / folder).rglob("*") if file.suffix.lower() in IMAGE_SUFFIXES)
    return sorted(
        file.relative_to(root).as_posix() for file in files if not _is_hidden(file.relative_to(root / folder))
    )


def _is_hidden(path: Path) -> bool:
    """Whether a file, or a folder that it lies in, has a name that begins with a dot."""
    return any(part.startswith(".") for part in path.parts)
