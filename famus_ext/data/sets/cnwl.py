"""Mini-ImageNet with controlled noisy web labels (CNWL): red noise from the web, blue noise by exchanged labels.

Three layouts are in use: the published lists beside a folder of all images, and one folder a class of whole images or
of images scaled to 32x32 (FaMUS).
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from famus_ext.data.files.expected import Published
from famus_ext.data.files.folders import read_folders
from famus_ext.data.files.lists import Rows, read_labelled
from famus_ext.data.preparation import Preparation
from famus_ext.data.sets.form import Small, labelled
from famus_ext.data.source import Source

NUM_CLASSES = 100
CLASSES = tuple(map(str, range(NUM_CLASSES)))
FORM = Small(32, Preparation((0.507, 0.487, 0.441), (0.267, 0.256, 0.276), padding=4, mirror=True))
ANNOTATIONS = "mini-imagenet-annotations.json"
IMAGENET_NAME = re.compile(r"(n\d{8})\d+$")  # of an image that mini-ImageNet has too; those of the web are hexadecimal

PUBLISHED = Published(
    "CNWL mini-ImageNet",
    "mini-imagenet/{all_images/<file>, split/{red_noise_nl_0.4, clean_validation}}             or\n"
    "mini-imagenet/{training_s32/<split>/<label>/<file>, validation_s32/<label>/<file>}             or\n"
    "mini-imagenet/{training/<split>/<label>/<file>, validation/<label>/<file>}\n"
    f"and, so that wrong labels are known, {ANNOTATIONS}",
    "https://storage.googleapis.com/cnlw/dataset_no_images.zip (lists and annotations); the images must be fetched "
    "from the addresses that the annotations give. TFRecords must be unpacked into one of these layouts",
)


def load_cnwl(path: str | Path | None, color: str, rate: str) -> Source:
    """About 50,000 training images and 5,000 clean test images in 100 classes, scaled to 32x32 as the paper does.

    Args:
        path: The folder `mini-imagenet`, or the one that it lies in.
        color: "red" or "blue".
        rate: The published noise rate as the lists spell it, "0.4". It is doubted: look at the actual one.

    Returns:
        Images uint8 `[N, 3, 32, 32]` with noisy labels. The true ones are known from the images' ImageNet names and
        the annotations where every image has one of the two.

    Raises:
        FileNotFoundError: when files are missing; the message says what is expected and where it comes from.
        ValueError: for damaged files.

    Source: L. Jiang et al., "Beyond Synthetic Noise: Deep Learning on Controlled Noisy Labels", ICML 2020.
    """
    split = f"{color}_noise_nl_{rate}"
    root = PUBLISHED.root(path)
    layouts = {}
    for prefix in ("", "mini-imagenet/", "dataset_no_images/mini-imagenet/"):
        lists = [f"split/{split}", "split/clean_validation", "all_images"]
        layouts[f"{prefix}split"] = [prefix + file for file in lists]
        for scaled in ("_s32", ""):
            folders = [f"training{scaled}/{split}", f"validation{scaled}"]
            layouts[f"{prefix}training{scaled}"] = [prefix + folder for folder in folders]
    found = root / PUBLISHED.layout(root, layouts)
    root = found.parent
    if found.name == "split":
        train, test = (_listed(found / name) for name in (split, "clean_validation"))
    else:
        scaled = found.name.removeprefix("training")
        train = read_folders(root, f"training{scaled}/{split}", CLASSES)
        test = read_folders(root, f"validation{scaled}", CLASSES)
    annotations = next((file for file in (root / ANNOTATIONS, root.parent / ANNOTATIONS) if file.is_file()), None)
    return Source(
        labelled(root, train, NUM_CLASSES, FORM),
        labelled(root, test, NUM_CLASSES, FORM),
        noisy=True,
        true_labels=_true_labels(train, {} if annotations is None else _read_annotations(annotations)),
    )


def _listed(path: Path) -> Rows:
    """The rows of a published list, whose images lie in `all_images`."""
    names, labels = read_labelled(path)
    return [f"all_images/{name}" for name in names], labels


def _true_labels(rows: Rows, is_right: dict[tuple[str, int], bool]) -> Tensor | None:
    """The true labels, -1 for a wrong one whose right one is not known; None unless there is something on each image.

    An ImageNet name begins with the class. Which label that is, most of the images with the name tell: exchanged labels
    spread over all others.
    """
    by_class: dict[str, Counter[int]] = defaultdict(Counter)
    names = [Path(name).stem for name in rows[0]]
    for name, label in zip(names, rows[1], strict=True):
        if match := IMAGENET_NAME.match(name):
            by_class[match[1]][label] += 1
    true_labels = []
    for name, label in zip(names, rows[1], strict=True):
        if match := IMAGENET_NAME.match(name):
            true_labels.append(by_class[match[1]].most_common(1)[0][0])
        elif (name, label) in is_right:
            true_labels.append(label if is_right[name, label] else -1)
        else:
            return None
    return torch.tensor(true_labels)


def _read_annotations(path: Path) -> dict[tuple[str, int], bool]:
    """Whether a label is right, by the image's name and the label."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))["data"]
        return {
            (Path(str(entry["image/id"])).stem, int(entry["image/class/label"])): _as_bool(
                entry["image/class/label/is_clean"]
            )
            for entry in _entries(content)
        }
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        raise ValueError(
            f"{path}: expected the published annotations, got others: {type(error).__name__}: {error}"
        ) from error


def _entries(content: Iterable[Any]) -> Iterable[dict[str, Any]]:
    """Every image is a list whose first element tells about it."""
    return (entry[0] if isinstance(entry, list) else entry for entry in content)


def _as_bool(value: object) -> bool:
    return value not in (0, "0", False, "false", "False", None)
