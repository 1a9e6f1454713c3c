"""WebVision 1.0: images from Google by the names of ImageNet's classes; "mini" is its first fifty classes."""

from __future__ import annotations

from pathlib import Path

from famus_ext.data.files.expected import Published
from famus_ext.data.files.folders import image_names
from famus_ext.data.files.lists import Rows, read_labelled, read_names
from famus_ext.data.labelled_set import LabelledSet
from famus_ext.data.recipe import Recipe
from famus_ext.data.sets.form import labelled
from famus_ext.data.source import Source

RECIPE = Recipe(resize=320, size=299, crop="resized")  # DivideMix's, for Inception-ResNet-v2
MINI_CLASSES = 50

PUBLISHED = Published(
    "WebVision 1.0",
    "info/{train_filelist_google.txt, val_filelist.txt, synsets.txt}\n"
    "google/<query>/<file>.jpg\n"
    "val_images_256/<file>.jpg\n"
    "and to be tested on ImageNet, in the same folder or beside it, one of\n"
    "imagenet/val/n01440764/<file>.JPEG             ILSVRC 2012, a folder a class\n"
    "imagenet/val/<0..49>/<file>.JPEG             DivideMix\n"
    "imagenet/{imagenet_val.txt, val/<file>.JPEG}             ELR, lines of file and label",
    "https://data.vision.ee.ethz.ch/cvl/webvision/download.html (1.0, Google images resized to 256 pixels) and "
    "https://image-net.org (ILSVRC 2012, validation images)",
)


def load_webvision(path: str | Path | None, num_classes: int = MINI_CLASSES, test: str = "webvision") -> Source:
    """Google's images of the first classes, noisy, tested on WebVision's or on ImageNet's images of the same classes.

    Mini-WebVision, fifty classes, has 65,944 training and 2,500 test images of each kind.

    Args:
        path: The folder with `info/`.
        num_classes: C, how many of the 1,000 classes.
        test: "webvision" or "imagenet".

    Returns:
        Files with noisy labels; nobody knows the right ones.

    Raises:
        FileNotFoundError: when files are missing; the message says what is expected and where it comes from.
        ValueError: for damaged lists.

    Source: W. Li et al., "WebVision Database: Visual Learning and Understanding from Web Data", 2017.
    """
    root = PUBLISHED.root(path)
    PUBLISHED.layout(root, {"": ["info/train_filelist_google.txt", "google"]})
    train = labelled(
        root, _first_classes(root / "info" / "train_filelist_google.txt", num_classes), num_classes, RECIPE
    )
    class_names = _class_names(root / "info" / "synsets.txt", num_classes)
    if test == "imagenet":
        return Source(train, _imagenet(root, num_classes), noisy=True, class_names=class_names)
    PUBLISHED.layout(root, {"": ["info/val_filelist.txt", "val_images_256"]})
    names, labels = _first_classes(root / "info" / "val_filelist.txt", num_classes)
    files = [f"val_images_256/{name}" for name in names]
    test_set = labelled(root, (files, labels), num_classes, RECIPE)
    return Source(train, test_set, noisy=True, class_names=class_names)


def _first_classes(path: Path, num_classes: int) -> Rows:
    """The rows of a list whose labels are below `num_classes`."""
    rows = [(name, label) for name, label in zip(*read_labelled(path), strict=True) if label < num_classes]
    if not rows:
        raise ValueError(f"{path}: expected images of the classes 0 to {num_classes - 1}, got none")
    return [name for name, _ in rows], [label for _, label in rows]


def _class_names(path: Path, num_classes: int) -> tuple[str, ...] | None:
    """The first name of each synset, `n01440764 tench, Tinca tinca`; None where the list is not there."""
    if not path.is_file():
        return None
    names = tuple(line.partition(" ")[2].partition(",")[0].strip() for line in read_names(path)[:num_classes])
    return names if all(names) and len(names) == num_classes else None


def _imagenet(root: Path, num_classes: int) -> LabelledSet:
    """ImageNet's validation images of the same classes."""
    synsets = [line.split()[0] for line in read_names(root / "info" / "synsets.txt")][:num_classes]
    numbers = [str(label) for label in range(num_classes)]
    for folder in (root / "imagenet", root.parent / "imagenet"):
        if (folder / "imagenet_val.txt").is_file():
            names, labels = _first_classes(folder / "imagenet_val.txt", num_classes)
            return labelled(
                folder, ([f"val/{name.removeprefix('val/')}" for name in names], labels), num_classes, RECIPE
            )
        for classes in (synsets, numbers):
            if all((folder / "val" / name).is_dir() for name in classes):
                files = [(name, label) for label, c in enumerate(classes) for name in image_names(folder, f"val/{c}")]
                rows = [name for name, _ in files], [label for _, label in files]
                return labelled(folder, rows, num_classes, RECIPE)
    raise PUBLISHED.missing(root, [f"imagenet: val/{synsets[-1]}, val/{numbers[-1]} or imagenet_val.txt"])
