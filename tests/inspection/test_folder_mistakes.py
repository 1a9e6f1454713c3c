"""Mistakes in a folder of images: each is found, with what to do."""

import shutil

import pytest

from .trees import PER_CLASS, inspected, said, save, write_tree


def test_nothing_is_wrong_with_the_tree(tree):
    assert inspected(tree).problems == ()


def one_level_too_many(root):
    (root / "train").rename(root / "inner")
    (root / "train").mkdir()
    (root / "inner").rename(root / "train" / "train")


def a_folder_around_the_classes(root):
    for name in ("test", "meta"):
        shutil.rmtree(root / name)
    (root / "train").rename(root / "dataset")


def images_in_the_root(root):
    for name in PER_CLASS:
        shutil.rmtree(root / name)
    for number in range(4):
        save(root / f"{number}.png", number)


def sets_of_other_names(root):
    (root / "train").rename(root / "training")


def a_validation_set_of_another_name(root):
    (root / "test").rename(root / "validation")


def an_image_beside_the_classes(root):
    save(root / "train" / "lost.png", 999)


def a_test_class_in_capitals(root):
    (root / "test" / "ant").rename(root / "test" / "Ants")


def a_meta_class_is_missing(root):
    shutil.rmtree(root / "meta" / "bee")


def a_training_class_is_empty(root):
    shutil.rmtree(root / "train" / "bee")
    (root / "train" / "bee").mkdir()


def a_test_class_is_missing(root):
    shutil.rmtree(root / "test" / "cat")


def an_image_is_cut(root):
    path = root / "train" / "ant" / "0.png"
    path.write_bytes(path.read_bytes()[:60])


def a_meta_image_is_trained_on(root):
    shutil.copy(root / "meta" / "ant" / "1.png", root / "train" / "ant" / "renamed.png")


def a_meta_image_is_tested_on(root):
    shutil.copy(root / "meta" / "ant" / "1.png", root / "test" / "ant" / "renamed.png")


def a_test_image_is_trained_on(root):
    shutil.copy(root / "test" / "cat" / "1.png", root / "train" / "cat" / "renamed.png")


def the_meta_set_is_unbalanced(root):
    for number in range(20):
        save(root / "meta" / "ant" / f"more{number}.png", 5000 + number)


def one_image_in_two_meta_classes(root):
    shutil.copy(root / "meta" / "ant" / "0.png", root / "meta" / "bee" / "same.png")


MISTAKES = {
    one_level_too_many: ("One level too many: take the folders in", "or name it as the data set's folder"),
    a_folder_around_the_classes: ("in which the classes seem to lie: ant, bee, cat", "One level too many"),
    images_in_the_root: ("4 images in the folder itself", "Make a folder for each class and move its images there"),
    sets_of_other_names: (
        "meta, test, training would be taken for classes",
        "Call the sets train, test (or val) and meta, each with a folder a class",
    ),
    a_validation_set_of_another_name: ("no set is called validation", "Call it val"),
    an_image_beside_the_classes: ("1 image beside the classes' folders, lost.png", "Move each into the folder of its"),
    a_test_class_in_capitals: (
        "Ants: a class that train has not",
        "A class has the same folder name in every set: call it ant if that is what it is",
    ),
    a_meta_class_is_missing: ("meta: no image of class 1 (bee)", "Add trusted images of it"),
    a_training_class_is_empty: ("train: no image of class 1 (bee)", "Add images of it to the training set, or take"),
    a_test_class_is_missing: ("test: no image of class 2 (cat)", "Add test images of it"),
    an_image_is_cut: ("1 of 24 images cannot be read, the first: ", "Fetch them again, or take them out"),
    a_meta_image_is_trained_on: (
        "train and meta share 1 image, train/ant/renamed.png = meta/ant/1.png",
        "The meta set must not be trained on: its labels would vouch for themselves. Take them out of train",
    ),
    a_meta_image_is_tested_on: ("meta and test share 1 image", "Take them out of test"),
    a_test_image_is_trained_on: ("train and test share 1 image", "The test set must not be trained on"),
    the_meta_set_is_unbalanced: ("not balanced: 5 to 25 images a class", "take the same number of each class"),
    one_image_in_two_meta_classes: (
        "meta/ant/0.png (class 0) = meta/bee/same.png (class 1)",
        "Keep each under the label that is right, and take the other copies out",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.__name__)
def test_a_mistake_is_found_with_what_to_do(tree, mistake):
    mistake(tree)
    text = said(inspected(tree))
    for part in MISTAKES[mistake]:
        assert part in text


def test_classes_are_counted_without_reading_an_image(tree):
    a_meta_class_is_missing(tree)
    assert "meta: no image of class 1 (bee)" in said(inspected(tree, check_files=False))


def test_an_image_that_is_read_when_it_is_needed_is_named_too(tree):
    an_image_is_cut(tree)
    found = inspected(tree, data={"image_size": 72})
    assert "train: 1 image cannot be read, train/ant/0.png" in said(found)


def test_a_test_set_that_is_split_off_is_remarked(tree):
    shutil.rmtree(tree / "test")
    found = inspected(tree)
    assert found.problems == ()
    (finding,) = found.findings
    assert "under labels as they were found" in finding.problem
    assert "the test accuracy counts their mistakes" in finding.remedy
    assert (found.sets.test, found.sets.test_origin) == (
        3,
        "split off the training set, under labels as they were found: its accuracy counts their mistakes",
    )


def test_an_image_that_a_worker_cannot_read_ends_the_first_steps(tree):
    an_image_is_cut(tree)
    found = inspected(tree, steps=3, data={"image_size": 72, "workers": 1}, optimizer={"network": "resnet-20"})
    text = said(found)
    assert "the first steps fail: " in text or "the run cannot begin: " in text
    assert "0.png: expected an image, got" in text


def test_a_small_meta_set_is_remarked(tmp_path):
    found = inspected(write_tree(tmp_path, PER_CLASS | {"meta": 2}))
    assert found.problems == ()
    (finding,) = found.findings
    assert finding.problem == "the meta set has 2 of its smallest class"
    assert "add some to the folder meta, or to the rows of the set meta" in finding.remedy


def test_of_a_meta_set_that_is_there_more_may_be_taken(tmp_path):
    found = inspected(write_tree(tmp_path, PER_CLASS | {"meta": 8}), data={"num_meta": 6})
    (finding,) = found.findings
    assert finding.problem == "the meta set has 2 of its smallest class"
    assert finding.remedy.endswith("take --num-meta 30.")


def test_a_set_in_place_of_the_data_set_is_named(tmp_path):
    root = write_tree(tmp_path, PER_CLASS)
    text = said(inspected(root / "train"))
    assert f"{root / 'train'}: is one set of those in {root}; meta, test beside it are not read" in text
    assert f"Take them all: --data-path {root}." in text
