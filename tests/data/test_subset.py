"""A random part of a training set."""

import pytest
import torch

from famus_ext.data import generator, subset_indices

LABELS = torch.cat([torch.arange(300) % 3, torch.zeros(100, dtype=torch.int64)])  # 200, 100 and 100


@pytest.mark.parametrize("size", [1, 3, 31, 300])
def test_balanced_classes_differ_by_at_most_one(size):
    chosen = subset_indices(LABELS, 3, size, generator(0, "subset"))
    counts = torch.bincount(LABELS[chosen], minlength=3)
    assert int(counts.sum()) == size
    assert counts.max() - counts.min() <= 1
    assert (chosen.diff() > 0).all()


@pytest.mark.parametrize("size", [1, 31, 400])
def test_plain_subset_holds_no_image_twice(size):
    chosen = subset_indices(LABELS, 3, size, generator(0, "subset"), balanced=False)
    assert len(chosen) == size
    assert (chosen.diff() > 0).all()
    assert 0 <= int(chosen.min()) <= int(chosen.max()) < len(LABELS)


def test_plain_subset_keeps_the_shares_of_the_classes():
    chosen = subset_indices(LABELS, 3, 200, generator(0, "subset"), balanced=False)
    assert int((LABELS[chosen] == 0).sum()) == pytest.approx(100, abs=5 * 5)  # five standard deviations


@pytest.mark.parametrize("balanced", [True, False])
def test_draw_repeats_with_the_seed(balanced):
    draw = lambda seed: subset_indices(LABELS, 3, 60, generator(seed, "subset"), balanced=balanced)  # noqa: E731
    assert torch.equal(draw(0), draw(0))
    assert not torch.equal(draw(0), draw(1))


@pytest.mark.parametrize(
    ("size", "message"),
    [
        (0, r"num_train: expected a number in \[1, 400\], the images left, got 0"),
        (401, r"num_train: expected a number in \[1, 400\]"),
        (303, "num_train: 303 images need 101 of class 1, but only 100 are left"),
    ],
)
def test_impossible_sizes_are_refused(size, message):
    with pytest.raises(ValueError, match=message):
        subset_indices(LABELS, 3, size, generator(0, "subset"))
