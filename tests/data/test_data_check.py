"""The check of a data set's images: what it counts, in memory and on disk."""

import pytest
import torch
from shared.image_trees import write_image

from famus_ext.data import LabelledFiles, LabelledImages, Source, check_source


def in_memory(numbers, labels, num_classes=2):
    images = torch.tensor(numbers, dtype=torch.uint8).view(-1, 1, 1, 1).expand(-1, 3, 2, 2)
    return LabelledImages(images, torch.tensor(labels), num_classes)


def test_nothing_wrong_is_nothing_to_say():
    report = check_source(Source(in_memory([1, 2], [0, 1]), in_memory([3, 4], [1, 0])), sizes=(2, 2))
    assert report.is_clean
    assert report.lines() == ["train: 2 images", "test: 2 images"]


def test_copies_and_contradictions_and_leaks_in_memory():
    source = Source(in_memory([1, 1, 2, 2, 2, 3], [0, 0, 0, 1, 1, 1]), in_memory([3, 9], [0, 0]), in_memory([2], [1]))
    report = check_source(source, sizes=(50_000, 2))
    assert not report.is_clean
    assert report.lines() == [
        "train: 6 images, published are 50000",
        "train: 3 copies of another image",
        "train: 1 images listed under more than one label",
        "meta: 1 images",
        "meta: 1 classes without an image",
        "test: 2 images",
        "test: 1 classes without an image",
        "train and meta: 1 equal images in both",
        "train and test: 1 equal images in both",
    ]


@pytest.fixture
def tree(tmp_path):
    for name, number in {"a": 1, "b": 2, "c": 3, "copy of a": 1, "d": 4}.items():
        write_image(tmp_path / f"{name}.png", number)
    (tmp_path / "cut.png").write_bytes((tmp_path / "b.png").read_bytes()[:40])
    return tmp_path


def on_disk(root, names, labels):
    return LabelledFiles(root, tuple(f"{name}.png" for name in names), torch.tensor(labels), 2)


def test_unreadable_repeated_and_shared_files(tree):
    train = on_disk(tree, ["a", "b", "b", "cut", "missing"], [0, 1, 0, 1, 1])
    source = Source(train, on_disk(tree, ["copy of a", "b"], [0, 1]), on_disk(tree, ["c", "d"], [0, 1]))
    report = check_source(source)
    assert report.sets["train"].unreadable == ("cut.png", "missing.png")
    assert report.lines() == [
        "train: 5 images",
        "train: 2 unreadable images, cut.png, missing.png say",
        "train: 1 names listed more than once",
        "train: 1 copies of another image",
        "train: 1 images listed under more than one label",
        "meta: 2 images",
        "test: 2 images",
        "train and test: 1 names in both",
        "train and test: 2 equal images in both",
    ]


def test_equal_names_in_other_folders_are_other_images(tree):
    write_image(tree / "below" / "a.png", 9)
    source = Source(on_disk(tree, ["a", "b"], [0, 1]), on_disk(tree / "below", ["a"], [0]))
    assert check_source(source).shared_names == {("train", "test"): 0}
