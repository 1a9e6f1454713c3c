"""Clothing1M: a million images of clothes with labels from the text around them, and some that were looked at."""

from __future__ import annotations

from pathlib import Path

from famus_ext.data.files.expected import Published
from famus_ext.data.files.lists import Rows, read_labelled, read_names
from famus_ext.data.recipe import Recipe
from famus_ext.data.sets.form import labelled
from famus_ext.data.source import Source

NUM_CLASSES = 14
RECIPE = Recipe(mean=(0.6959, 0.6537, 0.6371), std=(0.3113, 0.3192, 0.3214))  # mean and deviation: DivideMix
LISTS = ("noisy_label_kv.txt", "clean_label_kv.txt")
CLASSES = (
    "T-Shirt",
    "Shirt",
    "Knitwear",
    "Chiffon",
    "Sweater",
    "Hoodie",
    "Windbreaker",
    "Jacket",
    "Downcoat",
    "Suit",
    "Shawl",
    "Dress",
    "Vest",
    "Underwear",
)
"""What the labels 0 to 13 mean: `category_names_eng.txt`."""
KEYS = {"train": "noisy_train_key_list.txt", "meta": "clean_val_key_list.txt", "test": "clean_test_key_list.txt"}

PUBLISHED = Published(
    "Clothing1M",
    "{noisy_label_kv.txt, clean_label_kv.txt}             here or in annotations/\n"
    "{noisy_train_key_list.txt, clean_val_key_list.txt, clean_test_key_list.txt}             here or in annotations/\n"
    "images/<0..9>/<2 digits>/<name>.jpg             or without the folder images",
    "its authors, on request: https://github.com/Cysu/noisy_label",
)


def load_clothing1m(path: str | Path | None) -> Source:
    """A million noisy training images, 14,313 clean ones as meta set and 10,526 clean ones to test, 14 classes.

    Args:
        path: The folder of the lists, or the one that `annotations` lies in.

    Returns:
        Files with noisy labels; nobody knows the right ones.

    Raises:
        FileNotFoundError: when files are missing; the message says what is expected and where it comes from.
        ValueError: for damaged lists, or images without a label, with their number.

    Source: T. Xiao et al., "Learning from Massive Noisy Labeled Data for Image Classification", CVPR 2015.
    """
    root = PUBLISHED.root(path)
    files = [*LISTS, *KEYS.values()]
    lists = root / PUBLISHED.layout(root, {name: [f"{name}/{file}" for file in files] for name in (".", "annotations")})
    noisy, clean = (dict(zip(*read_labelled(lists / file), strict=True)) for file in LISTS)
    keeps_folder = bool((root / "images").is_dir())
    sets = {}
    for name, file in KEYS.items():
        names, labels = _with_labels(lists / file, noisy if name == "train" else clean)
        if not keeps_folder:
            names = [key.removeprefix("images/") for key in names]
        sets[name] = labelled(root, (names, labels), NUM_CLASSES, RECIPE)
    return Source(sets["train"], sets["test"], sets["meta"], noisy=True, class_names=CLASSES)


def _with_labels(path: Path, label_of: dict[str, int]) -> Rows:
    """The images of a list and their labels."""
    names = read_names(path)
    unknown = [name for name in names if name not in label_of]
    if unknown:
        raise ValueError(
            f"{path}: expected a label for every image, got none for {len(unknown)} of {len(names)}, {unknown[0]} say"
        )
    return names, [label_of[name] for name in names]
