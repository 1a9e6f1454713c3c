"""A folder a class."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from famus_ext.data.files.images import IMAGE_SUFFIXES
from famus_ext.data.files.lists import Rows
from famus_ext.data.finding import DataError, counted, some

LAYOUT = "the classes' folders belong in the data set's folder itself, or in train/ (and test/, meta/) there"


def class_names(folder: Path) -> tuple[str, ...]:
    """The folders in a folder: 0, 1, ..., 10 as numbers where all of them are, else by name.

    Raises:
        DataError: for none, or for one that the classes' folders seem to lie in.
    """
    names = subfolders(folder)
    if not names and (images := images_in(folder)):
        raise DataError(
            f"{folder}: {counted(len(images), 'image')} in the folder itself and no folder a class",
            "Make a folder for each class and move its images there, name the folder that the classes' folders lie in, "
            "or list path and label in a CSV file and take data set csv.",
        )
    if not names:
        raise DataError(f"{folder}: no folder and no image", f"Name another folder: {LAYOUT}.")
    inner = subfolders(folder / names[0])
    if len(names) == 1 and len(inner) > 1 and not images_in(folder / names[0]):
        raise DataError(
            f"{folder}: one folder, {names[0]}, in which the classes seem to lie: {some(inner)}",
            f"One level too many: take the folders in {folder / names[0]} one level up, or name it as the data set's "
            f"folder; {LAYOUT}.",
        )
    numbered = all(name.isascii() and name.isdigit() for name in names)
    return tuple(sorted(names, key=int) if numbered else names)


def read_folders(root: Path, folder: str, classes: Sequence[str]) -> Rows:
    """The images of each class, those of the first class first, each class by name.

    Args:
        root: Where the paths start.
        folder: The folder of the classes' folders, from there.
        classes: What the labels 0, 1, ... are called.

    Raises:
        DataError: for a folder that is no class, or none that has an image.
    """
    unknown = sorted(set(class_names(root / folder)) - set(classes))
    if unknown:
        raise DataError(
            f"{root / folder}: expected folders of {len(classes)} known classes, got {len(unknown)} others, "
            f"{unknown[0]!r} say",
            "A class has the same folder name in every set: rename the folder, or take it away.",
        )
    names: list[str] = []
    labels: list[int] = []
    for label, name in enumerate(classes):
        files = image_names(root, f"{folder}/{name}")
        names += files
        labels += [label] * len(files)
    if not names:
        raise DataError(
            f"{root / folder}: expected images in the classes' folders, got none",
            f"Images are files that end in one of {', '.join(sorted(IMAGE_SUFFIXES))}.",
        )
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


def subfolders(folder: Path) -> list[str]:
    """The folders in a folder that are not hidden, by name; none where there is none."""
    if not folder.is_dir():
        return []
    return sorted(entry.name for entry in folder.iterdir() if entry.is_dir() and not entry.name.startswith("."))


def images_in(folder: Path) -> list[str]:
    """The images in the folder itself, by name."""
    return sorted(
        entry.name
        for entry in folder.iterdir()
        if entry.suffix.lower() in IMAGE_SUFFIXES and not entry.name.startswith(".")
    )
