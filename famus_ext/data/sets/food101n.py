"""Food-101N: 310,009 images of food from the web, with some labels that were looked at; tested on Food-101."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from famus_ext.data.files.expected import Published
from famus_ext.data.files.lists import Rows, read_names
from famus_ext.data.recipe import Recipe
from famus_ext.data.sets.form import labelled
from famus_ext.data.source import Source

RECIPE = Recipe(crop="resized")
RELEASE = "Food-101N_release"
FILES = ("meta/classes.txt", "meta/imagelist.tsv", "meta/verified_train.tsv", "images")

PUBLISHED = Published(
    "Food-101N",
    "Food-101N_release/meta/{classes.txt, imagelist.tsv, verified_train.tsv}\n"
    "Food-101N_release/images/<class>/<hash>.jpg\n"
    "food-101/meta/test.txt             in the same folder or beside it\n"
    "food-101/images/<class>/<number>.jpg",
    "https://kuanghuei.github.io/Food-101N and https://data.vision.ee.ethz.ch/cvl/datasets_extra/food-101",
)


def load_food101n(path: str | Path | None) -> Source:
    """Noisy training images, the verified ones whose labels are right as meta set, and Food-101's test images.

    Args:
        path: The folder `Food-101N_release`, or the one that it lies in.

    Returns:
        Files with noisy labels, a fifth of them wrong; nobody knows the right ones.

    Raises:
        FileNotFoundError: when files are missing; the message says what is expected and where it comes from.
        ValueError: for damaged lists.

    Source: K.-H. Lee et al., "CleanNet: Transfer Learning for Scalable Image Classifier Training with Label Noise",
    CVPR 2018.
    """
    root = PUBLISHED.root(path)
    release = root / PUBLISHED.layout(root, {name: [f"{name}/{file}" for file in FILES] for name in (RELEASE, ".")})
    # All lists begin with a title, that of the classes too.
    classes = read_names(release / "meta" / "classes.txt", header=True)
    train = _rows(release / "meta" / "imagelist.tsv", read_names(release / FILES[1], header=True), classes)
    verified = [line.split("\t") for line in read_names(release / FILES[2], header=True)]
    right = [fields[0] for fields in verified if fields[-1].strip() == "1"]
    meta = _rows(release / "meta" / "verified_train.tsv", right, classes)
    food101 = next((at for at in (root / "food-101", release.parent / "food-101") if _has_test(at)), None)
    if food101 is None:
        raise PUBLISHED.missing(root, ["food-101: meta/test.txt, images"])
    listed = [f"{line}.jpg" for line in read_names(food101 / "meta" / "test.txt")]
    test = _rows(food101 / "meta" / "test.txt", listed, classes)
    return Source(
        labelled(release, train, len(classes), RECIPE),
        labelled(food101, test, len(classes), RECIPE),
        labelled(release, meta, len(classes), RECIPE),
        noisy=True,
        class_names=tuple(classes),
    )


def _has_test(folder: Path) -> bool:
    return (folder / "meta" / "test.txt").is_file() and (folder / "images").is_dir()


def _rows(path: Path, listed: Sequence[str], classes: Sequence[str]) -> Rows:
    """Images listed as `<class>/<file>`, and their classes' numbers."""
    label_of = {name: label for label, name in enumerate(classes)}
    names = [line.split("\t")[0].strip() for line in listed]
    unknown = [name for name in names if name.rpartition("/")[0] not in label_of]
    if unknown or not names:
        got = f"{len(unknown)} others, {unknown[0]!r} say" if unknown else "none"
        raise ValueError(f"{path}: expected images of {len(classes)} known classes, got {got}")
    return [f"images/{name}" for name in names], [label_of[name.rpartition("/")[0]] for name in names]
