"""CNWL mini-ImageNet: the three layouts in use, what is known of the labels, and damage."""

import json

import pytest
import torch
from shared.image_trees import numbers_of, write_image, write_images, write_lines

from famus_ext.data import make_noisy
from famus_ext.data.sets.cnwl import ANNOTATIONS
from famus_ext.data.sets.registry import load

SPLIT = "red_noise_nl_0.4"
TRAIN = {  # file -> given label
    "n0153282900000001.jpg": 0,
    "n0153282900000002.jpg": 0,
    "n0170445700000007.jpg": 1,
    "0a1b2c3d4e5f.jpg": 1,
    "ffee00112233.jpg": 99,
}
TEST = {"ILSVRC2012_val_00000001.jpg": 0, "ILSVRC2012_val_00000002.jpg": 99}


def write_lists(root):
    write_images(root / "all_images", [*TRAIN, *TEST])
    write_lines(root / "split" / SPLIT, [f"{name} {label}" for name, label in TRAIN.items()])
    write_lines(root / "split" / "clean_validation", [f"{name} {label}" for name, label in TEST.items()])


def write_folders(root, scaled):
    for number, (name, label) in enumerate((TRAIN | TEST).items()):
        folder = f"training{scaled}/{SPLIT}" if name in TRAIN else f"validation{scaled}"
        write_image(root / folder / str(label) / name, number, size=(32, 32) if scaled else (50, 40))


def annotate(path, wrong=("ffee00112233",)):
    entries = [
        [{"image/id": name[:-4], "image/class/label": str(label), "image/class/label/is_clean": name[:-4] not in wrong}]
        for name, label in TRAIN.items()
    ]
    path.write_text(json.dumps({"data": entries}))


LAYOUTS = {
    "lists": ("", write_lists),
    "lists below": ("mini-imagenet", write_lists),
    "lists as unpacked": ("dataset_no_images/mini-imagenet", write_lists),
    "FaMUS": ("mini-imagenet", lambda root: write_folders(root, "_s32")),
    "PLS": ("", lambda root: write_folders(root, "")),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_layouts(tmp_path, layout):
    place, write = LAYOUTS[layout]
    write(tmp_path / place)
    source = load("cnwl-red-0.4", tmp_path)
    given = {
        name.rpartition("/")[2]: label for name, label in zip(source.train.names, source.train.labels, strict=True)
    }
    assert given == TRAIN
    assert source.train.image_shape == (3, 32, 32)
    numbers = dict(zip(given, numbers_of(source.train.images), strict=True))
    assert numbers == {name: number for number, name in enumerate(TRAIN)}
    assert sorted(source.test.labels.tolist()) == [0, 99]
    assert source.noisy


def test_the_order_is_the_lists(tmp_path):
    write_lists(tmp_path)
    assert load("cnwl-red-0.4", tmp_path).train.names == tuple(f"all_images/{name}" for name in TRAIN)


@pytest.mark.parametrize("place", [".", ".."])
def test_annotations_tell_wrong_labels(tmp_path, place):
    write_lists(tmp_path / "root")
    annotate(tmp_path / "root" / place / ANNOTATIONS)
    source = load("cnwl-red-0.4", tmp_path / "root")
    assert source.true_labels.tolist() == [0, 0, 1, 1, -1]
    data = make_noisy(_with_every_class(source), "symmetric", 0.0, 100, None, seed=0)
    assert (data.train.labels != data.true_labels).tolist() == data.wrong.tolist()


def _with_every_class(source):
    """The source beside a meta set of a hundred images, since the tiny one has not a class each."""
    meta = source.test[torch.zeros(100, dtype=torch.long)].with_labels(torch.arange(100))
    return type(source)(source.train, source.test, meta, noisy=True, true_labels=source.true_labels)


def test_without_annotations_nobody_knows(tmp_path):
    write_lists(tmp_path)
    source = load("cnwl-red-0.4", tmp_path)
    assert source.true_labels is None
    with pytest.raises(ValueError, match="meta_set: nobody knows the right labels of this data set"):
        make_noisy(source, "symmetric", 0.0, 100, None, seed=0)


def test_blue_noise_is_known_from_imagenets_names(tmp_path):
    names = [f"n0153282900{index:06}.jpg" for index in range(5)]
    write_images(tmp_path / "all_images", [*names, *TEST])
    write_lines(
        tmp_path / "split" / "blue_noise_nl_0.4",
        [f"{name} {label}" for name, label in zip(names, [3, 7, 3, 9, 3], strict=True)],
    )
    write_lines(tmp_path / "split" / "clean_validation", [f"{name} {label}" for name, label in TEST.items()])
    source = load("cnwl-blue-0.4", tmp_path)
    assert source.true_labels.tolist() == [3, 3, 3, 3, 3]
    assert source.train.labels.tolist() == [3, 7, 3, 9, 3]


def test_another_rate_is_missing_with_the_tree_and_the_source(tmp_path):
    write_lists(tmp_path)
    with pytest.raises(FileNotFoundError) as caught:
        load("cnwl-red-0.8", tmp_path)
    assert "split: split/red_noise_nl_0.8\n" in str(caught.value)
    assert "training_s32/<split>/<label>/<file>" in str(caught.value)
    assert "https://storage.googleapis.com/cnlw/dataset_no_images.zip" in str(caught.value)


DAMAGE = {
    "an image that is not there": (
        lambda root: (root / "all_images/ffee00112233.jpg").unlink(),
        "1 of 5 images cannot",
    ),
    "an image cut off": (
        lambda root: (root / "all_images/ffee00112233.jpg").write_bytes(b"\xff\xd8\xff\xe0 nothing more"),
        "1 of 5 images cannot be read, the first: .*ffee00112233.jpg: expected an image",
    ),
    "a label that is no class": (
        lambda root: write_lines(root / "split" / SPLIT, ["n0153282900000001.jpg 100"]),
        r"labels: expected values in \[0, 100\), got \[100, 100\]; 1 of 1 outside",
    ),
    "lines without a label": (
        lambda root: write_lines(root / "split" / SPLIT, ["n0153282900000001.jpg", "x y", "0a1b2c3d4e5f.jpg 1"]),
        "expected a path and a label in every line, got 2 other lines, the first is line 1",
    ),
    "other annotations": (
        lambda root: (root / ANNOTATIONS).write_text('{"data": [[{"image/id": "x"}]]}'),
        "expected the published annotations, got others: KeyError",
    ),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_damage_is_told(tmp_path, damage):
    write_lists(tmp_path)
    spoil, message = DAMAGE[damage]
    spoil(tmp_path)
    with pytest.raises(ValueError, match=message):
        load("cnwl-red-0.4", tmp_path)
