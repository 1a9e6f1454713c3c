"""Clothing1M: its lists in both places, images with and without their folder, and damage."""

import pytest
from shared.image_trees import write_images, write_lines

from famus_ext.data import check_source, make_noisy
from famus_ext.data.sets.registry import load

NOISY = {"images/0/00/1278541879,867148000.jpg": 13, "images/1/23/45,6.jpg": 0, "images/9/99/7,8.jpg": 5}
CLEAN = {"images/2/01/2,2.jpg": 13, "images/3/01/3,3.jpg": 1, "images/1/23/45,6.jpg": 4}
KEYS = {
    "noisy_train": list(NOISY),
    "clean_val": ["images/2/01/2,2.jpg"],
    "clean_test": ["images/3/01/3,3.jpg"],
}


def write_set(root, lists=".", strip=False):
    for name, labels in (("noisy", NOISY), ("clean", CLEAN)):
        write_lines(root / lists / f"{name}_label_kv.txt", [f"{key} {label}" for key, label in labels.items()])
    for name, keys in KEYS.items():
        write_lines(root / lists / f"{name}_key_list.txt", keys)
    write_images(root, [name.removeprefix("images/") if strip else name for name in {**NOISY, **CLEAN}])


@pytest.mark.parametrize("strip", [False, True])
@pytest.mark.parametrize("lists", [".", "annotations"])
def test_layouts(tmp_path, lists, strip):
    write_set(tmp_path, lists, strip)
    source = load("clothing1m", tmp_path)
    assert source.train.labels.tolist() == [13, 0, 5]
    assert (source.meta.labels.tolist(), source.test.labels.tolist()) == ([13], [1])
    assert all(
        (tmp_path / name).is_file() for images in (source.train, source.meta, source.test) for name in images.names
    )
    assert source.train.names[0].endswith("0/00/1278541879,867148000.jpg")  # with its comma
    assert (source.noisy, source.num_classes, source.train.image_shape) == (True, 14, (3, 224, 224))
    assert check_source(source).lines()[-1] == "test: 13 classes without an image"


def test_the_published_meta_set_is_used_whole(tmp_path):
    write_set(tmp_path)
    data = make_noisy(load("clothing1m", tmp_path), "symmetric", 0.0, None, None, seed=0)
    assert (len(data.train), data.meta.labels.tolist(), data.true_labels) == (3, [13], None)


@pytest.mark.parametrize(
    ("name", "lines", "message"),
    [
        ("noisy_train_key_list.txt", ["images/5/55/5.jpg", *NOISY], "got none for 1 of 4, images/5/55/5.jpg say"),
        ("noisy_label_kv.txt", [f"{key} 14" for key in NOISY], r"expected values in \[0, 14\).*3 of 3 outside"),
        ("clean_label_kv.txt", ["images/2/01/2,2.jpg"], "expected a path and a label in every line, got 1 other"),
        ("clean_test_key_list.txt", [], "expected lines of a path each, got none"),
    ],
)
def test_damaged_lists_are_refused(tmp_path, name, lines, message):
    write_set(tmp_path)
    write_lines(tmp_path / name, lines)
    with pytest.raises(ValueError, match=message):
        load("clothing1m", tmp_path)


def test_missing_lists_are_told_with_their_source(tmp_path):
    write_set(tmp_path)
    (tmp_path / "clean_val_key_list.txt").unlink()
    with pytest.raises(FileNotFoundError, match=r"(?s)\.: ./clean_val_key_list.txt\n.*github.com/Cysu/noisy_label"):
        load("clothing1m", tmp_path)


def test_missing_images_are_reported(tmp_path):
    write_set(tmp_path)
    (tmp_path / "images/9/99/7,8.jpg").unlink()
    report = check_source(load("clothing1m", tmp_path), sizes=(1_000_000, 1))
    assert report.sets["train"].unreadable == ("images/9/99/7,8.jpg",)
    assert report.lines()[:2] == [
        "train: 3 images, published are 1000000",
        "train: 1 unreadable images, images/9/99/7,8.jpg say",
    ]
