"""Given labels from files: those that somebody published, and those that a run saved.

| file | holds | from |
|---|---|---|
| `0.5_sym.json` | a list of labels | DivideMix, CMW-Net |
| `labels_seed0.json` | a dict of `labels`, -1 for an image that is not trained on, and their `sha256` | this package |
| `cifar10-1-0.35.npy` | an array of labels, here of the first 45,000 images | PLC ("PMD" noise), CMW-Net |
| `CIFAR-10_human.pt` | a dict of arrays | CIFAR-N |
| `CIFAR-10_human_ordered.npy` | a dict of arrays in another order, which `image_order_c10.npy` tells | CIFAR-N |
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from famus_ext.data.files.npy import read_npy
from famus_ext.data.files.pt import read_pt

CIFAR_N_KEYS = {
    "clean": "clean_label",
    "aggre": "aggre_label",
    "worst": "worse_label",
    "rand1": "random_label1",
    "rand2": "random_label2",
    "rand3": "random_label3",
    "clean100": "clean_label",
    "noisy100": "noisy_label",
}
"""CIFAR-N's names of its noise -> its names of the labels."""
OTHER_SPELLINGS = {"noisy_label": "noise_label"}  # in CIFAR-100_human_ordered.npy
ORDERS = {"CIFAR-10_human_ordered.npy": "image_order_c10.npy", "CIFAR-100_human_ordered.npy": "image_order_c100.npy"}


def read_labels(path: str | Path, key: str | None = None) -> Tensor:
    """Labels of the first images of a training set, in its published order.

    Args:
        path: The file, in one of the forms above.
        key: Which labels of a dict, by CIFAR-N's name of the noise (`worst`) or of the labels (`worse_label`).

    Returns:
        int64 `[n]`, -1 for an image that has no label in the file.

    Raises:
        FileNotFoundError: when there is no such file, or none of the order of its images.
        ValueError: for a file that is damaged or holds something else, a key that it has not or that is missing.

    Sources: J. Li et al., "DivideMix", ICLR 2020; Y. Zhang et al., "Learning with Feature-Dependent Label Noise: A
    Progressive Approach" (PLC), ICLR 2021; J. Wei et al., "Learning with Noisy Labels Revisited" (CIFAR-N), ICLR 2022,
    https://github.com/UCSC-REAL/cifar-10-100n.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"{path}: there is no such file of labels")
    content = _content(path)
    if isinstance(content, Mapping):
        content = _checked(path, content) if "sha256" in content else _by_key(path, content, key)
    elif key is not None:
        raise ValueError(f"noise_key: expected none, since {path.name} holds one list of labels, got {key!r}")
    labels = _as_labels(path, content)
    return _in_published_order(path, labels) if path.name in ORDERS else labels


def saved_labels(labels: Tensor, indices: Tensor) -> dict[str, Any]:
    """What a run saves of the labels that it trains on, fit for JSON; `read_labels` reads it.

    Args:
        labels: Given labels, int64 `[N]`.
        indices: Positions of their images in the published training set, int64 `[N]`.
    """
    content = labels_by_position(labels, indices)
    return {"labels": content.tolist(), "sha256": hash_labels(content)}


def labels_by_position(labels: Tensor, indices: Tensor) -> Tensor:
    """Labels int64 `[N]` at the positions `indices` `[N]` of their images, -1 at the others; on the CPU.

    As long as the last position asks for, so that equal labels of equal images are equal here, in whatever order the
    images come.
    """
    content = torch.full((int(indices.max()) + 1,), -1, dtype=torch.int64)
    content[indices.cpu()] = labels.cpu()
    return content


def hash_labels(labels: Tensor) -> str:
    """SHA-256 of labels `[N]` as little-endian int64."""
    return hashlib.sha256(labels.cpu().numpy().astype("<i8").tobytes()).hexdigest()


def _content(path: Path) -> Any:
    """What the file holds, by its suffix."""
    if path.suffix == ".json":
        try:
            return json.loads(path.read_text(encoding="utf-8"))
        except (ValueError, RecursionError) as error:
            raise ValueError(f"{path}: expected JSON, got a file that cannot be read: {error}") from error
    if path.suffix == ".npy":
        return read_npy(path)
    if path.suffix in (".pt", ".pth"):
        return read_pt(path)
    raise ValueError(
        f"{path}: expected a file of labels ending in .json, .npy or .pt, got {path.suffix or 'no suffix'}"
    )


def _by_key(path: Path, content: Mapping[str, Any], key: str | None) -> Any:
    """The labels that `key` names."""
    known = ", ".join(map(str, content))
    if key is None:
        raise ValueError(f"noise_key: expected which of {known}, since {path.name} holds several, got none")
    name = CIFAR_N_KEYS.get(key, key)
    for spelling in (name, OTHER_SPELLINGS.get(name, name)):
        if spelling in content:
            return content[spelling]
    raise ValueError(f"noise_key: expected one of {known}, which {path.name} holds, got {key!r}")


def _checked(path: Path, content: Mapping[str, Any]) -> Any:
    """The labels that a run saved, if they are still the ones it saved."""
    labels = _as_labels(path, content.get("labels"))
    if hash_labels(labels) != content["sha256"]:
        raise ValueError(f"{path}: expected labels with the SHA-256 {content['sha256']}, got {hash_labels(labels)}")
    return labels


def _as_labels(path: Path, content: Any) -> Tensor:
    """A list or an array of integers as int64 `[n]`."""
    try:
        labels = np.asarray(content)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{path}: expected a list of labels, got one that is none: {error}") from error
    if labels.ndim != 1 or labels.dtype.kind not in "iu" or labels.size == 0:
        raise ValueError(f"{path}: expected a list of integers, got {labels.dtype} of shape {labels.shape}")
    if int(labels.min()) < -1 or int(labels.max()) > np.iinfo(np.int32).max:
        raise ValueError(f"{path}: expected labels of at least -1, got [{labels.min()}, {labels.max()}]")
    return torch.from_numpy(labels.astype(np.int64))


def _in_published_order(path: Path, labels: Tensor) -> Tensor:
    """CIFAR-N's labels in the order of TensorFlow's data set, brought to that of CIFAR's own files."""
    order_file = path.with_name(ORDERS[path.name])
    if not order_file.is_file():
        raise FileNotFoundError(f"{order_file}: expected beside {path.name}, whose labels it puts in order; not there")
    order = _as_labels(order_file, read_npy(order_file))
    if not torch.equal(order.sort().values, torch.arange(len(labels))):
        raise ValueError(f"{order_file}: expected every position of {len(labels)} images once, got something else")
    return torch.empty_like(labels).scatter_(0, order, labels)
