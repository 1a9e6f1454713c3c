"""Long tails: published class sizes, and which images stay."""

import pytest
import torch

from famus_ext.data import class_sizes, generator, long_tail_indices

# CIFAR-10 and -100, 5,000 and 500 images a class, as LDAM-DRW and those after it cut them.
LONG_TAILED_CIFAR_10 = {
    100: [5000, 2997, 1796, 1077, 645, 387, 232, 139, 83, 50],
    10: [5000, 3871, 2997, 2320, 1796, 1391, 1077, 834, 645, 500],
}
TOTALS = {(10, 100): 12_406, (10, 50): 13_996, (10, 10): 20_431, (100, 100): 10_847, (100, 10): 19_573}


@pytest.mark.parametrize("factor", LONG_TAILED_CIFAR_10)
def test_sizes_are_those_of_long_tailed_cifar(factor):
    assert list(class_sizes(5000, 10, factor)) == LONG_TAILED_CIFAR_10[factor]
    assert class_sizes(5000, 10, factor) == class_sizes(5000, 10, 1 / factor)


@pytest.mark.parametrize(("num_classes", "factor"), TOTALS)
def test_totals_are_those_of_long_tailed_cifar(num_classes, factor):
    assert sum(class_sizes(50_000 // num_classes, num_classes, factor)) == TOTALS[num_classes, factor]


@pytest.mark.parametrize(
    ("arguments", "sizes"),
    [
        ((100, 4, 20, "step"), (100, 100, 5, 5)),
        ((100, 5, 20, "step"), (100, 100, 100, 5, 5)),
        ((100, 2, 0.5, "exponential"), (100, 50)),
        ((7, 3, 1, "exponential"), (7, 7, 7)),
        ((7, 3, 1.0, "step"), (7, 7, 7)),
    ],
)
def test_small_cases(arguments, sizes):
    assert class_sizes(*arguments) == sizes


@pytest.mark.parametrize("profile", ["exponential", "step"])
def test_images_are_drawn_from_their_class_and_stay_in_order(profile):
    labels = torch.arange(1000) % 10
    kept = long_tail_indices(labels, 10, 20, generator(0, "long tail"), profile=profile)
    assert torch.equal(torch.bincount(labels[kept]), torch.tensor(class_sizes(100, 10, 20, profile)))
    assert (kept.diff() > 0).all()
    tail = kept[labels[kept] == 9]
    assert not torch.equal(tail, torch.arange(1000)[labels == 9][: len(tail)]), "the first images, not random ones"


def test_draw_repeats_with_the_seed():
    labels = torch.arange(1000) % 10
    draw = lambda seed: long_tail_indices(labels, 10, 20, generator(seed, "long tail"))  # noqa: E731
    assert torch.equal(draw(0), draw(0))
    assert not torch.equal(draw(0), draw(1))


@pytest.mark.parametrize(
    ("available", "imbalance", "sizes"),
    [
        ([8, 4, 2], 4, [8, 4, 2]),  # a tail already
        ([10, 4, 2], 4, [8, 4, 2]),  # the second and the last class bound the first
        ([10, 10, 2], 4, [8, 4, 2]),
        ([6, 100, 100], 4, [6, 3, 1]),
    ],
)
def test_as_many_as_every_class_allows(available, imbalance, sizes):
    labels = torch.repeat_interleave(torch.arange(3), torch.tensor(available))
    kept = long_tail_indices(labels, 3, imbalance, generator(0, "long tail"))
    assert torch.bincount(labels[kept], minlength=3).tolist() == sizes


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((100, 1, 10), "num_classes: expected at least 2, got 1"),
        ((100, 10, 0), "imbalance: expected a positive number such as 100 or 0.01, got 0"),
        ((100, 10, -5.0), "imbalance: expected a positive number"),
        ((100, 10, float("nan")), "imbalance: expected a positive number"),
        ((100, 10, float("inf")), "imbalance: expected a positive number"),
        ((100, 10, 101), "imbalance: 101 leaves the last class without an image; the first has 100"),
        ((100, 10, 10, "linear"), "profile: expected one of exponential, step, got 'linear'"),
    ],
)
def test_impossible_tails_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        class_sizes(*arguments)


def test_a_class_without_images_is_refused():
    with pytest.raises(ValueError, match="imbalance: 2 leaves the last class without an image; the first has 0"):
        long_tail_indices(torch.tensor([0, 0, 0]), 2, 2, generator(0, "long tail"))
