"""Disjoint training, meta and test sets, and the images that they are made of."""

import pytest
import torch

from famus_ext.data import LabelledImages, generator, load_digits, split_indices


@pytest.fixture(scope="module")
def digits():
    return load_digits().train


def test_digits_are_what_scikit_learn_ships(digits):
    assert digits.images.shape == (1797, 1, 8, 8)
    assert (digits.images.dtype, digits.labels.dtype) == (torch.float32, torch.int64)
    assert (float(digits.images.min()), float(digits.images.max())) == (0.0, 1.0)
    assert torch.bincount(digits.labels).min() >= 170


@pytest.mark.parametrize("num_test", [0, 500])
@pytest.mark.parametrize("num_meta", [10, 100, 103])
def test_split_is_a_partition_with_a_balanced_meta_set(digits, num_meta, num_test):
    split = split_indices(digits.labels, 10, num_meta, num_test, generator(0, "split"))
    assert [len(part) for part in (split.train, split.meta, split.test)] == [
        1797 - num_test - num_meta,
        num_meta,
        num_test,
    ]
    assert torch.equal(torch.cat([split.train, split.meta, split.test]).sort().values, torch.arange(1797))
    counts = torch.bincount(digits.labels[split.meta], minlength=10)
    assert counts.max() - counts.min() <= 1


@pytest.mark.parametrize(
    ("num_meta", "num_test", "message"),
    [
        (5, 500, "num_meta: expected at least one image for each of 10 classes, got 5"),
        (100, -1, "num_test: expected 0 or more, got -1"),
        (1297, 500, "leave nothing to train on"),
        (1290, 500, "num_meta: 1290 images need 129 of class"),
    ],
)
def test_bad_sizes_are_refused(digits, num_meta, num_test, message):
    with pytest.raises(ValueError, match=message):
        split_indices(digits.labels, 10, num_meta, num_test, generator(0, "split"))


def test_labels_must_match_images_and_classes():
    images = torch.zeros(2, 1, 8, 8)
    with pytest.raises(ValueError, match="expected one label an image, got 2 images and 3 labels"):
        LabelledImages(images, torch.tensor([0, 1, 1]), 2)
    with pytest.raises(ValueError, match=r"labels: expected values in \[0, 2\)"):
        LabelledImages(images, torch.tensor([0, 2]), 2)


def test_class_sizes_count_classes_without_images_too():
    images = LabelledImages(torch.zeros(3, 1, 2, 2), torch.tensor([1, 3, 1]), 5)
    assert images.class_sizes.tolist() == [0, 2, 0, 1, 0]
