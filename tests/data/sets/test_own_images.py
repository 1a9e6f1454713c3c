"""Images of one's own: a folder a class, and CSV files."""

from dataclasses import replace

import pytest
import torch
from shared.image_trees import numbers_of, write_image, write_images, write_lines

from famus_ext.data import LabelledFiles, LabelledImages, make_noisy
from famus_ext.data.sets.registry import load

FOLDERS = ["cat/b.jpg", "cat/a.PNG", "ant/deep/er/x.jpeg", "ant/notes.txt", "ant/.hidden/y.jpg"]


def write_folder(root):
    write_images(root, FOLDERS[:3])
    write_lines(root / FOLDERS[3], ["no image"])


@pytest.mark.parametrize("place", [".", "train"])
def test_classes_are_folders(tmp_path, place):
    write_folder(tmp_path / place)
    train = load("folder", tmp_path).train
    prefix = "" if place == "." else "train/"
    assert train.names == tuple(f"{prefix}{name}" for name in ("ant/deep/er/x.jpeg", "cat/a.PNG", "cat/b.jpg"))
    assert (train.labels.tolist(), train.num_classes) == ([0, 1, 1], 2)


def test_numbered_classes_count_as_numbers(tmp_path):
    write_images(tmp_path, [f"{label}/x.jpg" for label in (10, 2, 0, 1)])
    assert load("folder", tmp_path).train.names == ("0/x.jpg", "1/x.jpg", "2/x.jpg", "10/x.jpg")


@pytest.mark.parametrize("test", ["test", "val"])
def test_test_and_meta_folders(tmp_path, test):
    for name in ("train", test, "meta"):
        write_folder(tmp_path / name)
    source = load("folder", tmp_path)
    assert [len(images) for images in (source.train, source.test, source.meta)] == [3, 3, 3]
    assert source.noisy
    assert not load("folder-clean", tmp_path).noisy


def test_noise_is_made_on_labels_that_are_known_to_be_right_only(tmp_path):
    for name in ("train", "test"):
        write_images(tmp_path / name, [f"{label}/{number}.jpg" for label in range(2) for number in range(6)])
    clean = make_noisy(load("folder-clean", tmp_path), "pairflip", 1.0, 2, None, seed=0)
    assert clean.actual_noise_rate == 1.0
    with pytest.raises(ValueError, match="noise_rate: expected 0, for the labels of this data set are noisy"):
        make_noisy(load("folder", tmp_path), "pairflip", 1.0, 2, None, seed=0, meta_set="given")
    with pytest.raises(ValueError, match="noise_type: expected no file, for the labels of this data set are noisy"):
        make_noisy(load("folder", tmp_path), "file", 0.0, 2, None, seed=0, noise_labels=torch.zeros(12).long())
    trusting = make_noisy(load("folder", tmp_path), "symmetric", 0.0, 2, None, seed=0, meta_set="given")
    assert (trusting.meta.class_sizes.tolist(), trusting.true_labels) == ([1, 1], None)


@pytest.mark.parametrize(("size", "kind"), [(32, LabelledImages), (64, LabelledImages), (65, LabelledFiles)])
def test_small_images_are_held_in_memory(tmp_path, size, kind):
    write_folder(tmp_path)
    train = load("folder", tmp_path, image_size=size).train
    assert isinstance(train, kind)
    assert train.image_shape == (3, size, size)


def test_a_test_class_that_training_does_not_know_is_refused(tmp_path):
    write_folder(tmp_path / "train")
    write_image(tmp_path / "test" / "dog" / "x.jpg")
    with pytest.raises(ValueError, match="expected folders of 2 known classes, got 1 others, 'dog' say"):
        load("folder", tmp_path)


@pytest.mark.parametrize(
    ("write", "message"),
    [
        (lambda root: None, "no folder and no image. Name another folder"),
        (lambda root: write_images(root, ["a.jpg", "b.jpg"]), "2 images in the folder itself and no folder a class"),
        (lambda root: write_images(root, ["all/cat/a.jpg", "all/dog/b.jpg"]), "one folder, all, .* lie: cat, dog. One"),
        (lambda root: write_lines(root / "ant/notes.txt", ["no image"]), "expected images in the classes' folders"),
    ],
)
def test_folders_without_classes_or_images_are_refused(tmp_path, write, message):
    write(tmp_path)
    with pytest.raises(ValueError, match=message):
        load("folder", tmp_path)


TABLES = {
    "numbers": (["a.jpg,1", "b.jpg,0"], ["a.jpg", "b.jpg"], [1, 0], 2),
    "names": (["path,label", "a.jpg,dog", "b.jpg,cat"], ["a.jpg", "b.jpg"], [1, 0], 2),
    "another order": (
        ["label,path", "3,a.jpg", "0,b.jpg", "1,a.jpg", "2,b.jpg"],
        ["a.jpg", "b.jpg"] * 2,
        [3, 0, 1, 2],
        4,
    ),
    "commas": (["path,label", '"a,b.jpg",0', "b.jpg,1"], ["a,b.jpg", "b.jpg"], [0, 1], 2),
    "sets": (["path,label,set", "a.jpg,0,train", "b.jpg,1,test", "b.jpg,0,meta"], ["a.jpg"], [0], 2),
}


@pytest.mark.parametrize("table", TABLES)
def test_tables(tmp_path, table):
    lines, names, labels, num_classes = TABLES[table]
    write_images(tmp_path, ["a.jpg", "b.jpg", "a,b.jpg"])
    write_lines(tmp_path / "images.csv", lines)
    source = load("csv", tmp_path / "images.csv", image_size=8)
    assert (list(source.train.names), source.train.labels.tolist()) == (names, labels)
    assert source.num_classes == num_classes
    assert (source.test is not None) == (source.meta is not None) == (table == "sets")
    assert numbers_of(source.train.images)[0] == (2 if table == "commas" else 0)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([], "has no row of an image. Expected: a first row path,label"),
        (["path,label"], "has no row of an image"),
        (["file,label", "a.jpg,0"], "its first row, file,label, would be taken for an image. Call the columns path"),
        (["path,label,fold", "a.jpg,0,1"], "expected the columns path,label, set and id .*, got path,label,fold"),
        (["path,label,label", "a.jpg,0,1"], "expected the columns path,label, set and id .*, got path,label,label"),
        (["a.jpg,0", "", "b.jpg", "c.jpg,1,2"], r"rows of path, label, got 2 others, the first in line 3, \['b.jpg'\]"),
        (["path,label", "a.jpg,0", "path,label", "b.jpg,1"], "the title again in line 3"),
        (["path,label", "a.jpg,0", ",1", "b.jpg, "], r"2 rows without a path or a label, the first in line 3, "),
        (["path,label,set", "a.jpg,0,validation"], r"expected the sets train, test, meta, .*got \['validation'\]"),
        (["path,label,set", "a.jpg,0,test"], "train at least, got no train"),
        (["a.jpg,0", "b.jpg,999999"], "expected labels from 0 on without large gaps, got 999999"),
        (["a.jpg,0", "b.jpg,-1"], "expected labels from 0 on without large gaps, got -1"),
        (["a.jpg,0", "b.jpg,1"], "2 images not there, a.jpg, b.jpg. Paths begin in the file's own folder"),
    ],
)
def test_damaged_tables_are_refused(tmp_path, lines, message):
    write_lines(tmp_path / "images.csv", lines)
    with pytest.raises(ValueError, match=message):
        load("csv", tmp_path / "images.csv")


def test_an_id_goes_with_its_image(tmp_path):
    write_images(tmp_path, ["a.jpg", "b.jpg", "c.jpg"])
    rows = ["id,path,label,set", "x7,a.jpg,0,train", "x8,b.jpg,1,train", "x9,c.jpg,0,test"]
    write_lines(tmp_path / "images.csv", rows)
    for size in (8, 72):
        source = load("csv", tmp_path / "images.csv", image_size=size)
        assert (source.train.ids, source.test.ids) == (("x7", "x8"), ("x9",))
        assert source.train[torch.tensor([1, 0])].to("cpu").ids == ("x8", "x7")
        with pytest.raises(ValueError, match="ids: expected 2, one an image, got 1"):
            replace(source.train, ids=("x7",))


def test_paths_may_be_written_as_on_windows(tmp_path):
    write_images(tmp_path, ["ant/a.jpg", "b\\c.jpg"])
    write_lines(tmp_path / "images.csv", ["ant\\a.jpg,0", "b\\c.jpg,1"])
    for size in (8, 72):
        assert load("csv", tmp_path / "images.csv", image_size=size).train.names == ("ant/a.jpg", "b\\c.jpg")


@pytest.mark.parametrize("path", [None, "nowhere.csv"])
def test_a_table_must_be_there(path):
    with pytest.raises(FileNotFoundError, match="data_path: expected a CSV file of path,label"):
        load("csv", path)


def test_a_folder_is_no_table(tmp_path):
    with pytest.raises(FileNotFoundError, match="expected a CSV file of path,label, got the folder"):
        load("csv", tmp_path)
