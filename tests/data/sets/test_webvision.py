"""Mini-WebVision: its lists, ImageNet beside it in three layouts, and damage."""

import pytest
from shared.image_trees import write_image, write_images, write_lines

from famus_ext.data.sets.registry import load

SYNSETS = [f"n{1440764 + label:08}" for label in range(60)]
TRAIN = [("google/q0001/a.jpg", 0), ("google/q0099/b.jpg", 50), ("google/q0007/c.jpg", 49)]
VAL = [("val000001.jpg", 49), ("val000002.jpg", 51), ("val000003.jpg", 0)]


@pytest.fixture
def root(tmp_path):
    tmp_path = tmp_path / "webvision"
    write_lines(tmp_path / "info/train_filelist_google.txt", [f"{name} {label}" for name, label in TRAIN])
    write_lines(tmp_path / "info/val_filelist.txt", [f"{name} {label}" for name, label in VAL])
    write_lines(tmp_path / "info/synsets.txt", [f"{name} a kind of fish" for name in SYNSETS])
    write_images(tmp_path, [name for name, _ in TRAIN])
    write_images(tmp_path / "val_images_256", [name for name, _ in VAL])
    return tmp_path


def test_the_first_fifty_classes(root):
    source = load("mini-webvision", root)
    assert source.train.names == ("google/q0001/a.jpg", "google/q0007/c.jpg")
    assert (source.train.labels.tolist(), source.num_classes) == ([0, 49], 50)
    assert source.test.names == ("val_images_256/val000001.jpg", "val_images_256/val000003.jpg")
    assert source.test.labels.tolist() == [49, 0]
    assert (source.noisy, source.known_labels, source.meta) == (True, None, None)
    assert source.train.image_shape == (3, 299, 299)


def by_synset(folder):
    write_images(folder / "val", [f"{name}/ILSVRC2012_val_{label:08}.JPEG" for label, name in enumerate(SYNSETS)])


def by_number(folder):
    write_images(folder / "val", [f"{label}/ILSVRC2012_val_{label:08}.JPEG" for label in range(50)])


def by_list(folder):
    rows = [(f"ILSVRC2012_val_{label:08}.JPEG", label) for label in range(60)]
    write_images(folder / "val", [name for name, _ in rows])
    write_lines(folder / "imagenet_val.txt", [f"{name} {label}" for name, label in rows])


@pytest.mark.parametrize("place", ["imagenet", "../imagenet"])
@pytest.mark.parametrize("write", [by_synset, by_number, by_list])
def test_imagenet_in_the_layouts_in_use(root, write, place):
    write(root / place)
    test = load("mini-webvision-imagenet", root).test
    assert test.labels.tolist() == list(range(50))
    assert [int(name[-13:-5]) for name in test.names] == list(range(50))
    assert all((test.root / name).is_file() for name in test.names)


def test_imagenet_that_is_not_there_is_told(root):
    with pytest.raises(
        FileNotFoundError, match="Missing, by layout:\n  imagenet: val/n01440813, val/49 or imagenet_val"
    ):
        load("mini-webvision-imagenet", root)


@pytest.mark.parametrize("name", ["info/train_filelist_google.txt", "info/val_filelist.txt"])
def test_missing_lists_are_told_with_their_source(root, name):
    (root / name).unlink()
    with pytest.raises(FileNotFoundError, match=rf"(?s)\.: {name}\n.*data.vision.ee.ethz.ch/cvl/webvision"):
        load("mini-webvision", root)


def test_a_list_of_other_classes_is_refused(root):
    write_lines(root / "info/val_filelist.txt", ["val000002.jpg 51"])
    with pytest.raises(ValueError, match="expected images of the classes 0 to 49, got none"):
        load("mini-webvision", root)


def test_views_are_read_and_cropped(root):
    pytest.importorskip("torchvision")
    write_image(root / "google/q0001/a.jpg", 3, size=(500, 333))
    images = load("mini-webvision", root).train
    assert images.view(images.labels[:1] * 0).shape == (1, 3, 299, 299)
