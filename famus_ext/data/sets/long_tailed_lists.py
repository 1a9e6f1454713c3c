"""ImageNet-LT, Places-LT and iNaturalist 2018: long tails as lists of a path and a label."""

from __future__ import annotations

from pathlib import Path

from famus_ext.data.files.expected import Published
from famus_ext.data.files.lists import read_labelled
from famus_ext.data.recipe import Recipe
from famus_ext.data.sets.form import labelled
from famus_ext.data.source import Source

RECIPE = Recipe(crop="resized")
SUFFIXES = {"train": "train", "test": "test", "meta": "val"}


def load_long_tailed_lists(path: str | Path | None, prefix: str, num_classes: int, *, test_list: bool = True) -> Source:
    """Clean labels, a long tail in training; the balanced validation list is the meta set.

    A set without a test list (iNaturalist 2018) is tested on its validation list and has no meta set.

    Args:
        path: The folder of the lists and of the images that they name.
        prefix: How the lists' names begin, "ImageNet_LT".
        num_classes: C.
        test_list: Whether a test list is published.

    Raises:
        FileNotFoundError: when files are missing; the message says what is expected and where it comes from.
        ValueError: for damaged lists or labels outside `[0, C)`.

    Source: Z. Liu et al., "Large-Scale Long-Tailed Recognition in an Open World", CVPR 2019.
    """
    suffixes = {name: suffix for name, suffix in SUFFIXES.items() if test_list or name != "test"}
    published = Published(
        prefix,
        "\n".join(
            f"{prefix}_{suffix}.txt             lines of a path from this folder and a label"
            for suffix in suffixes.values()
        ),
        "https://github.com/facebookresearch/classifier-balancing (the lists); the images from their own sites",
    )
    root = published.root(path)
    published.layout(root, {"": [f"{prefix}_{suffix}.txt" for suffix in suffixes.values()]})
    sets = {
        name: labelled(root, read_labelled(root / f"{prefix}_{suffix}.txt"), num_classes, RECIPE)
        for name, suffix in suffixes.items()
    }
    if not test_list:
        return Source(sets["train"], sets["meta"])
    return Source(sets["train"], sets["test"], sets["meta"])
