"""Any images in a folder a class."""

from __future__ import annotations

from pathlib import Path

from famus_ext.data.files.expected import Published
from famus_ext.data.files.folders import class_names, read_folders
from famus_ext.data.sets.form import labelled, usual_form
from famus_ext.data.source import Source

PUBLISHED = Published(
    "an image folder",
    "train/<class>/<file>             or the classes' folders in the folder itself\n"
    "test/<class>/<file>             or val; without them a part is split off\n"
    "meta/<class>/<file>             images whose labels you trust, if you have some",
    "you: classes are numbered by name, or by number where all are called by one",
)


def load_image_folder(path: str | Path | None, image_size: int | None = None, *, noisy: bool = True) -> Source:
    """Images in a folder a class.

    Args:
        path: The folder.
        image_size: Pixels a side; up to 64 the images are held in memory. None for 224.
        noisy: Whether the training labels are taken for noisy as they are, which they are unless you know better.

    Raises:
        FileNotFoundError: when there is no such folder.
        DataError: for a folder without classes or images, or a test class that training does not know.
    """
    root, form = PUBLISHED.root(path), usual_form(image_size)
    train = "train" if (root / "train").is_dir() else "."
    classes = class_names(root / train)
    folders = {"train": train}
    if train != ".":
        test = "test" if (root / "test").is_dir() else "val"
        folders |= {name: folder for name, folder in (("test", test), ("meta", "meta")) if (root / folder).is_dir()}
    sets = {
        name: labelled(root, read_folders(root, folder, classes), len(classes), form)
        for name, folder in folders.items()
    }
    return Source(sets["train"], sets.get("test"), sets.get("meta"), noisy=noisy, class_names=classes)
