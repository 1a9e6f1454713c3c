"""The three sets of an experiment: disjoint, complete, balanced, clean where they must be."""

import pytest
import torch

from famus_ext.data import LabelledImages, generator, load_digits, make_noisy, split_indices


@pytest.fixture(scope="module")
def digits():
    return load_digits()


def test_digits_are_what_scikit_learn_ships(digits):
    assert digits.images.shape == (1797, 1, 8, 8)
    assert (digits.images.dtype, digits.labels.dtype) == (torch.float32, torch.int64)
    assert (float(digits.images.min()), float(digits.images.max())) == (0.0, 1.0)
    assert torch.bincount(digits.labels).min() >= 170


@pytest.mark.parametrize("num_meta", [10, 100, 103])
def test_split_is_a_partition_with_a_balanced_meta_set(digits, num_meta):
    split = split_indices(digits.labels, 10, num_meta, 500, generator(0, "split"))
    assert [len(part) for part in (split.train, split.meta, split.test)] == [1797 - 500 - num_meta, num_meta, 500]
    assert torch.equal(torch.cat([split.train, split.meta, split.test]).sort().values, torch.arange(1797))
    counts = torch.bincount(digits.labels[split.meta], minlength=10)
    assert counts.max() - counts.min() <= 1


def test_no_image_leaks_and_meta_and_test_labels_stay_clean(digits):
    data = make_noisy(digits, "symmetric", 1.0, num_meta=100, num_test=500, seed=0)
    published = {image.numpy().tobytes(): int(label) for image, label in zip(digits.images, digits.labels, strict=True)}
    sets = {
        name: [image.numpy().tobytes() for image in getattr(data, name).images] for name in ("train", "meta", "test")
    }
    duplicates = 1797 - len(published)  # the published set itself may hold equal images
    assert len(set().union(*sets.values())) == 1797 - duplicates
    for name in ("meta", "test"):
        assert [published[key] for key in sets[name]] == getattr(data, name).labels.tolist()
    assert torch.equal(digits.images[data.indices], data.train.images)
    assert torch.equal(digits.labels[data.indices], data.true_labels)


def test_split_does_not_depend_on_the_noise(digits):
    low = make_noisy(digits, "symmetric", 0.0, 100, 500, seed=1)
    high = make_noisy(digits, "pairflip", 0.8, 100, 500, seed=1)
    assert torch.equal(low.indices, high.indices)
    assert torch.equal(low.train.labels, low.true_labels)
    assert low.actual_noise_rate == 0.0
    assert high.actual_noise_rate == pytest.approx(0.8, abs=0.06)


def test_labels_hash_names_the_labels(digits):
    make = lambda seed: make_noisy(digits, "symmetric", 0.6, 100, 500, seed)  # noqa: E731
    assert make(0).labels_hash == make(0).labels_hash != make(1).labels_hash
    assert make(0).labels_hash == "da495c988843931d80f7e2765a6d1421bd3ecdde05e5c80633e31a90ac88abbe"


def test_unknown_true_labels_give_no_rate(digits):
    data = make_noisy(digits, "symmetric", 0.6, 100, 500, seed=0)
    unknown = type(data)(data.train, data.meta, data.test, true_labels=None, indices=data.indices)
    assert (unknown.wrong, unknown.actual_noise_rate) == (None, None)
    assert unknown.to("cpu").true_labels is None


@pytest.mark.parametrize(
    ("num_meta", "num_test", "message"),
    [
        (5, 500, "num_meta: expected at least one image for each of 10 classes, got 5"),
        (100, 0, "num_test: expected at least 1"),
        (1297, 500, "leave nothing to train on"),
        (1290, 500, "meta images need 129 of class"),
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
