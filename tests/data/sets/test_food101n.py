"""Food-101N: lists with titles, Food-101 beside it, verified images that are not trained on, and damage."""

import pytest
from shared.image_trees import write_images, write_lines

from famus_ext.data import make_noisy
from famus_ext.data.sets.registry import load

CLASSES = ["apple_pie", "baby_back_ribs", "waffles"]
IMAGES = ["apple_pie/aa.jpg", "baby_back_ribs/bb.jpg", "waffles/cc.jpg", "waffles/dd.jpg", "apple_pie/ee.jpg"]
VERIFIED = ["apple_pie/aa.jpg\t1", "waffles/cc.jpg\t0", "baby_back_ribs/bb.jpg\t1"]
TEST = ["waffles/100148", "apple_pie/1011328"]


def write_set(root, food101="food-101"):
    release = root / "Food-101N_release"
    write_lines(release / "meta/classes.txt", ["class_name", *CLASSES])
    write_lines(release / "meta/imagelist.tsv", ["class_name/key", *IMAGES])
    write_lines(release / "meta/verified_train.tsv", ["class_name/key\tverification_label", *VERIFIED])
    write_images(release / "images", IMAGES)
    write_lines(root / food101 / "meta/test.txt", TEST)
    write_images(root / food101 / "images", [f"{name}.jpg" for name in TEST])
    return release


@pytest.mark.parametrize("inside", [False, True])
def test_lists_and_their_titles(tmp_path, inside):
    release = write_set(tmp_path)
    source = load("food101n", release if inside else tmp_path)
    assert source.train.labels.tolist() == [0, 1, 2, 2, 0]
    assert source.train.names[0] == "images/apple_pie/aa.jpg"
    assert (source.meta.labels.tolist(), source.test.labels.tolist()) == ([0, 1], [2, 0])
    assert source.test.names == ("images/waffles/100148.jpg", "images/apple_pie/1011328.jpg")
    assert source.noisy


def test_verified_images_are_not_trained_on_and_positions_stay(tmp_path):
    write_set(tmp_path)
    data = make_noisy(load("food101n", tmp_path), "symmetric", 0.0, None, None, seed=0)
    assert sorted(data.indices.tolist()) == [2, 3, 4]
    assert not set(data.train.names) & set(data.meta.names)


def test_food101_that_is_not_there_is_told(tmp_path):
    write_set(tmp_path, food101="elsewhere")
    with pytest.raises(FileNotFoundError, match=r"Missing, by layout:\n  food-101: meta/test.txt, images\n"):
        load("food101n", tmp_path)


@pytest.mark.parametrize(
    ("name", "lines", "message"),
    [
        (
            "meta/imagelist.tsv",
            ["class_name/key", "sushi/aa.jpg", *IMAGES],
            "known classes, got 1 others, 'sushi/aa.jpg'",
        ),
        ("meta/imagelist.tsv", ["class_name/key"], "expected lines of a path each, got none"),
        ("meta/verified_train.tsv", ["class_name/key\tverification_label", "waffles/cc.jpg\t0"], "classes, got none"),
        ("meta/classes.txt", CLASSES, "expected images of 2 known classes, got 2 others, 'apple_pie/aa.jpg' say"),
    ],
)
def test_damaged_lists_are_refused(tmp_path, name, lines, message):
    release = write_set(tmp_path)
    write_lines(release / name, lines)
    with pytest.raises(ValueError, match=message):
        load("food101n", tmp_path)
