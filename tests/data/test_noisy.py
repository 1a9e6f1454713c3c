"""The three sets of an experiment: clean where they must be, each step of the making independent of later ones."""

from dataclasses import replace

import pytest
import torch

from famus_ext.data import LabelledImages, Source, load_digits, make_noisy, saved_labels

CLASSES = 4


@pytest.fixture(scope="module")
def source():
    return load_digits()


def numbered(size, start=0):
    """Images that are their own number, in classes that take turns."""
    images = torch.arange(start, start + size, dtype=torch.float32).view(size, 1, 1, 1)
    return LabelledImages(images, torch.arange(size) % CLASSES, CLASSES)


@pytest.fixture(scope="module")
def published():
    """A source with a test set of its own."""
    return Source(numbered(400), numbered(40, start=1000))


def test_no_image_leaks_and_meta_and_test_labels_stay_clean(source):
    digits = source.train
    data = make_noisy(source, "symmetric", 1.0, num_meta=100, num_test=500, seed=0)
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


def test_split_does_not_depend_on_the_noise(source):
    low = make_noisy(source, "symmetric", 0.0, 100, 500, seed=1)
    high = make_noisy(source, "pairflip", 0.8, 100, 500, seed=1)
    assert torch.equal(low.indices, high.indices)
    assert torch.equal(low.train.labels, low.true_labels)
    assert low.actual_noise_rate == 0.0
    assert high.actual_noise_rate == pytest.approx(0.8, abs=0.06)


def test_labels_hash_names_the_labels(source):
    make = lambda seed: make_noisy(source, "symmetric", 0.6, 100, 500, seed)  # noqa: E731
    assert make(0).labels_hash == make(0).labels_hash != make(1).labels_hash
    assert make(0).labels_hash == "a06fedec518beb7728c74b8ae7dced7695db2773118401b1e1042e8d786b4d43"


def test_labels_hash_is_that_of_the_saved_labels(source):
    data = make_noisy(source, "symmetric", 0.6, 100, 500, seed=0)
    assert data.labels_hash == saved_labels(data.train.labels, data.indices)["sha256"]


def test_labels_hash_does_not_depend_on_the_order_of_the_images(source):
    data = make_noisy(source, "symmetric", 0.6, 100, 500, seed=0)
    order = torch.arange(len(data.train)).flip(0)
    other = replace(data, train=data.train[order], indices=data.indices[order])
    assert other.labels_hash == data.labels_hash


def test_unknown_true_labels_give_no_rate(source):
    data = make_noisy(source, "symmetric", 0.6, 100, 500, seed=0)
    unknown = type(data)(data.train, data.meta, data.test, true_labels=None, indices=data.indices)
    assert (unknown.wrong, unknown.actual_noise_rate) == (None, None)
    assert unknown.to("cpu").true_labels is None


def test_a_test_set_of_the_sources_own_is_used_whole(published):
    data = make_noisy(published, "symmetric", 0.5, 20, None, seed=0)
    assert data.test is published.test
    numbers = torch.cat([data.train.images, data.meta.images]).flatten()
    assert torch.equal(numbers.sort().values, torch.arange(400.0))
    assert data.meta.class_sizes.tolist() == [5] * CLASSES
    assert torch.equal(data.meta.labels, data.meta.images.flatten().long() % CLASSES)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"num_train": 100},
        {"num_train": 100, "balanced": False},
        {"imbalance": 10},
        {"imbalance": 0.1, "profile": "step"},
        {"num_train": 200, "imbalance": 20},
    ],
    ids=str,
)
def test_training_images_keep_their_place_and_true_label(published, options):
    data = make_noisy(published, "pairflip", 0.4, 20, None, seed=1, **options)
    whole = make_noisy(published, "pairflip", 0.4, 20, None, seed=1)
    assert torch.equal(data.meta.images, whole.meta.images)
    assert torch.equal(data.train.images.flatten().long(), data.indices)
    assert torch.equal(data.true_labels, data.indices % CLASSES)
    assert len(set(data.indices.tolist())) == len(data.indices)
    assert set(data.indices.tolist()) <= set(whole.indices.tolist())
    flipped = data.train.labels != data.true_labels
    assert 0 < int(flipped.sum()) < len(flipped)
    assert torch.equal(data.train.labels[flipped], (data.true_labels[flipped] + 1) % CLASSES)


@pytest.mark.parametrize(
    ("options", "sizes"),
    [
        ({"imbalance": 8}, [95, 47, 23, 11]),  # 95 · 8^(-c/3)
        ({"imbalance": 0.125}, [95, 47, 23, 11]),
        ({"imbalance": 5, "profile": "step"}, [95, 95, 19, 19]),
        ({"num_train": 202}, [51, 51, 50, 50]),
        ({"num_train": 80, "imbalance": 2, "profile": "step"}, [20, 20, 10, 10]),
        ({"imbalance": 1}, [95] * 4),
    ],
    ids=str,
)
def test_class_sizes_are_the_true_labels(published, options, sizes):
    data = make_noisy(published, "symmetric-excluding", 1.0, 20, None, seed=0, **options)
    assert data.true_class_sizes.tolist() == sizes
    assert data.train.class_sizes.tolist() != sizes, "every given label is another class: only true sizes can agree"
    assert data.actual_noise_rate == 1.0


def test_tail_does_not_depend_on_the_noise_and_changes_with_the_seed(published):
    draw = lambda rate, seed: make_noisy(published, "symmetric", rate, 20, None, seed, imbalance=10).indices  # noqa: E731
    assert torch.equal(draw(0.0, 0), draw(0.8, 0))
    assert not torch.equal(draw(0.0, 0), draw(0.0, 1))


def test_subset_is_drawn_anew_for_every_seed(published):
    places = []
    for seed in (0, 1):
        whole, part = (
            make_noisy(published, "symmetric", 0.0, 20, None, seed, num_train=size, balanced=False).indices
            for size in (380, 100)
        )
        places.append(torch.isin(whole, part).nonzero().flatten())
    assert [len(chosen) for chosen in places] == [100, 100]
    assert not torch.equal(*places)


def test_nothing_else_changes_when_all_images_are_kept(published):
    plain = make_noisy(published, "symmetric", 0.5, 20, None, seed=2)
    kept = make_noisy(published, "symmetric", 0.5, 20, None, seed=2, num_train=380)
    assert torch.equal(plain.indices, kept.indices)
    assert plain.labels_hash == kept.labels_hash


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"num_test": 40}, "num_test: expected None, for the source has its own test set of 40 images, got 40"),
        ({"num_train": 0}, r"num_train: expected a number in \[1, 380\], the images left, got 0"),
        ({"num_train": 381}, r"num_train: expected a number in \[1, 380\]"),
        ({"imbalance": 1000}, "imbalance: 1000 leaves the last class without an image; the first has 95"),
        ({"imbalance": 10, "profile": "linear"}, "profile: expected one of exponential, step, got 'linear'"),
        ({"noise_rate": 2}, "noise_rate: expected a number in"),
    ],
    ids=str,
)
def test_impossible_sets_are_refused(published, options, message):
    arguments = {"noise_type": "symmetric", "noise_rate": 0.5, "num_meta": 20, "num_test": None, "seed": 0}
    with pytest.raises(ValueError, match=message):
        make_noisy(published, **{**arguments, **options})


@pytest.mark.parametrize("num_test", [None, 0])
def test_a_source_without_a_test_set_needs_its_size(source, num_test):
    with pytest.raises(ValueError, match=f"num_test: expected at least 1, .* got {num_test}"):
        make_noisy(source, "symmetric", 0.5, 100, num_test, seed=0)


def test_a_sources_two_sets_must_fit():
    with pytest.raises(ValueError, match="test: expected 4 classes, as train has, got 5"):
        Source(numbered(8), LabelledImages(torch.zeros(1, 1, 1, 1), torch.tensor([4]), 5))
    with pytest.raises(ValueError, match=r"test: expected images \(1, 1, 1\), as train has, got \(1, 2, 2\)"):
        Source(numbered(8), LabelledImages(torch.zeros(1, 1, 2, 2), torch.tensor([3]), CLASSES))


def test_a_meta_set_without_a_test_set_leaves_the_test_set_to_be_split_off():
    source = Source(numbered(40), meta=numbered(8, start=1000), noisy=True)
    data = make_noisy(source, "symmetric", 0.0, None, 12, seed=0)
    assert (len(data.train), len(data.meta), len(data.test)) == (28, 8, 12)
    assert set(data.train.images.flatten().tolist()).isdisjoint(data.test.images.flatten().tolist())
    assert not data.test_is_clean


def test_an_image_of_the_meta_set_is_neither_trained_nor_tested_on():
    names = tuple(map(str, range(40)))
    train = replace(numbered(40), names=names)
    data = make_noisy(Source(train, meta=train[torch.arange(8)], noisy=True), "symmetric", 0.0, None, 20, seed=0)
    assert set(data.train.names) | set(data.test.names) == set(names[8:])


@pytest.mark.parametrize(
    ("source", "meta_set", "clean"),
    [
        (Source(numbered(40)), "clean", True),
        (Source(numbered(40), noisy=True), "given", False),
        (Source(numbered(40), numbered(8), noisy=True), "given", True),
        (Source(numbered(40), noisy=True, true_labels=torch.arange(40).flip(0) % CLASSES), "given", False),
        (Source(numbered(40), noisy=True, true_labels=torch.arange(40).flip(0) % CLASSES), "clean", True),
        (Source(numbered(40), noisy=True), "pseudo-clean", False),
    ],
)
def test_whether_the_test_labels_are_right_is_said(source, meta_set, clean):
    num_meta = None if meta_set == "pseudo-clean" else 8
    num_test = None if source.test is not None else 8
    data = make_noisy(source, "symmetric", 0.0, num_meta, num_test, seed=0, meta_set=meta_set)
    assert data.test_is_clean is clean
    assert data.to("cpu").test_is_clean is clean
