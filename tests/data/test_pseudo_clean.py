"""A pseudo-clean meta set takes no image out of the training set, and none from a published clean set."""

from dataclasses import replace

import pytest
import torch

from famus_ext.data import LabelledImages, Source, load_digits, make_noisy


def images(count):
    return LabelledImages(torch.rand(count, 1, 4, 4), torch.arange(count) % 2, 2)


def test_meta_set_is_the_training_set_and_the_test_set_is_as_ever():
    pseudo, clean = (
        make_noisy(load_digits(), "symmetric", 0.6, size, 500, seed=0, meta_set=kind)
        for kind, size in (("pseudo-clean", None), ("clean", 100))
    )
    assert pseudo.meta is pseudo.train
    assert (len(pseudo.train), len(clean.train)) == (1297, 1197)
    assert torch.equal(pseudo.test.images, clean.test.images)
    assert torch.equal(pseudo.test.labels, clean.test.labels)
    assert 0.5 < pseudo.actual_noise_rate < 0.6


@pytest.mark.parametrize("noisy", [False, True])
def test_published_clean_set_is_not_looked_at(noisy):
    published = Source(images(20), images(4), meta=images(6))
    data = make_noisy(replace(published, noisy=noisy), "symmetric", 0.0, None, None, seed=0, meta_set="pseudo-clean")
    assert data.meta is data.train
    assert len(data.train) == 20


def test_meta_set_stays_the_training_set_on_another_device():
    data = make_noisy(load_digits(), "symmetric", 0.6, None, 500, seed=0, meta_set="pseudo-clean").to("cpu")
    assert data.meta is data.train


def test_size_of_the_meta_set_is_refused():
    with pytest.raises(ValueError, match="num_meta: expected None for a pseudo-clean meta set, got 10"):
        make_noisy(load_digits(), "symmetric", 0.6, 10, 500, seed=0, meta_set="pseudo-clean")
