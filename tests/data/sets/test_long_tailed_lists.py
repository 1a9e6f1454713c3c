"""ImageNet-LT style lists: three sets, clean labels, and damage."""

import pytest
from shared.image_trees import write_lines

from famus_ext.data import make_noisy
from famus_ext.data.sets.registry import load

TRAIN = [f"train/n01440764/n01440764_{i}.JPEG 0" for i in range(5)] + ["train/n01443537/n01443537_10007.JPEG 999"]
VAL = ["train/n01440764/n01440764_999.JPEG 0"]
TEST = ["val/n01440764/ILSVRC2012_val_00029930.JPEG 0"]


def write_set(root, prefix="ImageNet_LT", test=TEST):
    write_lines(root / f"{prefix}_train.txt", TRAIN)
    write_lines(root / f"{prefix}_val.txt", VAL)
    if test:
        write_lines(root / f"{prefix}_test.txt", test)


def test_validation_is_the_meta_set(tmp_path):
    write_set(tmp_path)
    source = load("imagenet-lt", tmp_path)
    assert source.train.labels.tolist() == [0] * 5 + [999]
    assert source.train.names[5] == "train/n01443537/n01443537_10007.JPEG"
    assert (source.meta.names, source.test.names) == (("train/n01440764/n01440764_999.JPEG",), (TEST[0][:-2],))
    assert (source.noisy, source.num_classes) == (False, 1000)
    data = make_noisy(source, "symmetric", 0.0, None, None, seed=0)
    assert data.true_class_sizes[[0, 999]].tolist() == [5, 1]


def test_a_set_without_a_test_list_is_tested_on_its_validation_list(tmp_path):
    write_set(tmp_path, "iNaturalist18", test=None)
    source = load("inaturalist18", tmp_path)
    assert source.test.names == ("train/n01440764/n01440764_999.JPEG",)
    assert source.meta is None


def test_labels_of_another_set_are_counted(tmp_path):
    write_set(tmp_path, "Places_LT")
    with pytest.raises(ValueError, match=r"expected values in \[0, 365\), got \[0, 999\]; 1 of 6 outside"):
        load("places-lt", tmp_path)


@pytest.mark.parametrize("suffix", ["train", "val", "test"])
def test_missing_lists_are_told_with_their_source(tmp_path, suffix):
    write_set(tmp_path)
    (tmp_path / f"ImageNet_LT_{suffix}.txt").unlink()
    with pytest.raises(
        FileNotFoundError, match=rf"(?s): ImageNet_LT_{suffix}.txt\n.*facebookresearch/classifier-balancing"
    ):
        load("imagenet-lt", tmp_path)
