"""What the classes are called, where it is published."""

import pytest
from shared.image_trees import write_images, write_lines

from famus_ext.data import FASHION_CLASSES, LabelledImages, Source, make_noisy
from famus_ext.data.sets.cifar_classes import CIFAR10_CLASSES, CIFAR100_CLASSES
from famus_ext.data.sets.registry import load
from famus_ext.data.sets.webvision import load_webvision


@pytest.mark.parametrize(("names", "count"), [(CIFAR10_CLASSES, 10), (CIFAR100_CLASSES, 100)])
def test_cifar_numbers_its_classes_by_the_alphabet(names, count):
    assert len(set(names)) == count
    assert list(names) == sorted(names)


@pytest.mark.parametrize(("dataset", "names"), [("digits", tuple("0123456789")), ("fashion-mnist", FASHION_CLASSES)])
def test_they_reach_the_sets_of_an_experiment(dataset, names):
    source = load(dataset)
    data = make_noisy(source, "symmetric", 0.2, 10, 100 if source.test is None else None, seed=0, num_train=50)
    assert (source.class_names, data.class_names, data.to("cpu").class_names) == (names, names, names)


def test_folders_are_classes(tmp_path):
    write_images(tmp_path, ["cat/a.png", "ant/a.png"])
    assert load("folder", tmp_path).class_names == ("ant", "cat")


@pytest.mark.parametrize(("labels", "names"), [(("dog", "ant"), ("ant", "dog")), (("1", "0"), None)])
def test_a_table_has_the_names_that_it_labels_by(tmp_path, labels, names):
    write_images(tmp_path, ["a.png", "b.png"])
    write_lines(tmp_path / "t.csv", ["path,label", f"a.png,{labels[0]}", f"b.png,{labels[1]}"])
    assert load("csv", tmp_path / "t.csv").class_names == names


@pytest.mark.parametrize(
    ("synsets", "names"), [(["n01440764 tench, Tinca tinca", "n01443537 goldfish"], ("tench", "goldfish")), ([], None)]
)
def test_webvision_has_the_first_name_of_each_synset(tmp_path, synsets, names):
    write_images(tmp_path, ["google/q1/a.jpg", "google/q2/b.jpg", "val_images_256/a.jpg"])
    write_lines(tmp_path / "info" / "train_filelist_google.txt", ["google/q1/a.jpg 0", "google/q2/b.jpg 1"])
    write_lines(tmp_path / "info" / "val_filelist.txt", ["a.jpg 1"])
    if synsets:
        write_lines(tmp_path / "info" / "synsets.txt", synsets)
    assert load_webvision(tmp_path, num_classes=2).class_names == names


def test_as_many_names_as_classes():
    images = load("digits").train
    assert isinstance(images, LabelledImages)
    with pytest.raises(ValueError, match="class_names: expected 10, one a class, got 2"):
        Source(images, class_names=("a", "b"))
