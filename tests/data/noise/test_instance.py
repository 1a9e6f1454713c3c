"""Noise that depends on the image."""

import pytest
import torch

from famus_ext.data import generator, instance_labels, make_noisy
from famus_ext.data.labelled_files import LabelledFiles
from famus_ext.data.labelled_images import LabelledImages
from famus_ext.data.source import Source

SIZE, CLASSES = 20_000, 5


@pytest.fixture(scope="module")
def images():
    return torch.randn(SIZE, 1, 4, 4, generator=generator(0, "images"))


@pytest.fixture(scope="module")
def labels():
    return torch.arange(SIZE) % CLASSES


@pytest.mark.parametrize("rate", [0.2, 0.45, 0.8])
def test_the_actual_rate_is_the_one_asked_for(images, labels, rate):
    given = instance_labels(images, labels, CLASSES, rate, generator(0, "noise"))
    # Rates vary from image to image, are cut at 0 and 1, and are then drawn: within five deviations of the mean.
    assert float((given != labels).double().mean()) == pytest.approx(rate, abs=0.03)
    assert 0 <= int(given.min()) <= int(given.max()) < CLASSES


def test_equal_images_are_mistaken_for_the_same_class_more_often_than_others(labels):
    direction = torch.eye(CLASSES).repeat(SIZE // CLASSES, 1)
    same = instance_labels(50 * direction, torch.zeros_like(labels), CLASSES, 0.5, generator(0, "noise"))
    for image in range(CLASSES):
        wrong = same[image::CLASSES]
        counts = torch.bincount(wrong[wrong != 0], minlength=CLASSES)
        assert int(counts.max()) > 0.95 * int(counts.sum()), "a far image has one class that it is taken for"


def test_order_within_the_set_does_not_decide_the_distribution(images, labels):
    one = instance_labels(images, labels, CLASSES, 0.4, generator(0, "noise"))
    assert torch.equal(one, instance_labels(images, labels, CLASSES, 0.4, generator(0, "noise")))
    assert not torch.equal(one, instance_labels(images, labels, CLASSES, 0.4, generator(1, "noise")))


def test_global_random_state_is_left_alone(images, labels):
    before = torch.get_rng_state()
    instance_labels(images[:50], labels[:50], CLASSES, 0.4, generator(0, "noise"))
    assert torch.equal(before, torch.get_rng_state())


def test_it_is_a_kind_of_noise(images, labels):
    source = Source(LabelledImages(images, labels, CLASSES), LabelledImages(images[:5], labels[:5], CLASSES))
    data = make_noisy(source, "instance", 0.4, CLASSES, None, seed=0)
    assert data.actual_noise_rate == pytest.approx(0.4, abs=0.03)


def test_images_on_disk_are_refused(tmp_path, labels):
    names = tuple(f"{number}.jpg" for number in range(20))
    files = LabelledFiles(tmp_path, names, labels[:20], CLASSES)
    with pytest.raises(ValueError, match="noise_type: instance needs images in memory"):
        make_noisy(Source(files, files), "instance", 0.4, CLASSES, None, seed=0)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"num_classes": 1}, "num_classes: expected at least 2, got 1"),
        ({"rate": 1.5}, "noise_rate: expected a number in"),
        ({"features": torch.zeros(3, 2)}, "features: expected 4, one a label, got 3"),
        ({"labels": torch.tensor([0, 1, 2, 5])}, r"labels: expected values in \[0, 5\)"),
    ],
)
def test_bad_arguments_are_refused(change, message):
    arguments = {"features": torch.zeros(4, 2), "labels": torch.arange(4), "num_classes": CLASSES, "rate": 0.5}
    with pytest.raises(ValueError, match=message):
        instance_labels(**{**arguments, **change}, generator=generator(0, "noise"))
