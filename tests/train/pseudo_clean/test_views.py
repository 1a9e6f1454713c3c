"""Two views of each example."""

import pytest
import torch

from famus_ext.data import LabelledImages
from famus_ext.data.preparation import Preparation
from famus_ext.train.pseudo_clean.views import two_views

BATCHES = [torch.tensor([0, 3, 5]), torch.tensor([1, 2])]


def images(preparation):
    pixels = torch.rand(6, 1, 4, 4, generator=torch.Generator().manual_seed(0))
    return LabelledImages(pixels, torch.zeros(6, dtype=torch.int64), 2, preparation)


def test_views_are_augmented_independently_and_alike_wherever_the_stream_is_cut():
    data = images(Preparation(padding=2, mirror=True))
    whole = list(two_views(data, BATCHES, (1, 2), 0))
    assert all(not torch.equal(one, other) for one, other in whole)
    (rest,) = two_views(data, BATCHES[1:], (1, 2), 1)
    assert all(torch.equal(found, expected) for found, expected in zip(rest, whole[1], strict=True))


@pytest.mark.parametrize(("preparation", "seeds"), [(Preparation(), (1, 2)), (Preparation(padding=2), (None, None))])
def test_views_without_augmentation_are_equal(preparation, seeds):
    for (one, other), batch in zip(two_views(images(preparation), BATCHES, seeds, 0), BATCHES, strict=True):
        assert torch.equal(one, other)
        assert torch.equal(one, images(preparation).images[batch])
