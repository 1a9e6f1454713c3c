"""Label noise: the matrices' rates, and labels drawn from them."""

import pytest
import torch

from famus_ext.data import NOISE_TYPES, corrupt, expected_noise_rate, generator, transition_matrix

ACTUAL_RATE = {  # of the rate p, for C classes
    "symmetric": lambda p, c: p * (1 - 1 / c),
    "symmetric-excluding": lambda p, c: p,
    "pairflip": lambda p, c: p,
}


def cycled_labels(size, num_classes):
    return torch.arange(size) % num_classes


@pytest.mark.parametrize("noise_type", NOISE_TYPES)
@pytest.mark.parametrize("num_classes", [2, 3, 10])
@pytest.mark.parametrize("rate", [0.0, 0.3, 1.0])
def test_rows_sum_to_one_and_expected_rate_is_exact(noise_type, num_classes, rate):
    matrix = transition_matrix(noise_type, num_classes, rate)
    labels = cycled_labels(7 * num_classes, num_classes)
    torch.testing.assert_close(matrix.sum(1), torch.ones(num_classes, dtype=torch.float64), rtol=0, atol=1e-15)
    assert (matrix >= 0).all()
    assert expected_noise_rate(matrix, labels) == pytest.approx(ACTUAL_RATE[noise_type](rate, num_classes), abs=1e-15)


@pytest.mark.parametrize("noise_type", NOISE_TYPES)
def test_drawn_labels_follow_the_matrix(noise_type):
    size, num_classes, rate = 100_000, 5, 0.6
    labels = cycled_labels(size, num_classes)
    matrix = transition_matrix(noise_type, num_classes, rate)
    given, actual = corrupt(labels, matrix, generator(0, "noise"))
    frequencies = torch.zeros(num_classes, num_classes, dtype=torch.float64)
    frequencies.index_put_((labels, given), torch.ones(size, dtype=torch.float64), accumulate=True)
    frequencies /= size / num_classes
    # Five standard deviations of a frequency over 20,000 examples a class.
    torch.testing.assert_close(frequencies, matrix, rtol=0, atol=5 * (0.25 / (size / num_classes)) ** 0.5)
    assert (frequencies[matrix == 0] == 0).all()
    assert actual == float((given != labels).double().mean())


def test_pairflip_at_rate_one_flips_every_label_to_the_next_class():
    labels = cycled_labels(31, 10)
    given, actual = corrupt(labels, transition_matrix("pairflip", 10, 1.0), generator(0, "noise"))
    assert torch.equal(given, (labels + 1) % 10)
    assert actual == 1.0


@pytest.mark.parametrize("size", [0, 1])
def test_few_labels(size):
    labels = cycled_labels(size, 10)
    given, actual = corrupt(labels, transition_matrix("symmetric", 10, 0.0), generator(0, "noise"))
    assert torch.equal(given, labels)
    assert actual == 0.0


def test_labels_repeat_with_the_seed_and_change_with_it():
    labels, matrix = cycled_labels(500, 10), transition_matrix("symmetric", 10, 0.6)
    draw = lambda seed: corrupt(labels, matrix, generator(seed, "noise"))[0]  # noqa: E731
    assert torch.equal(draw(3), draw(3))
    assert not torch.equal(draw(3), draw(4))


def test_global_random_state_is_left_alone():
    before = torch.get_rng_state()
    corrupt(cycled_labels(50, 10), transition_matrix("symmetric", 10, 0.6), generator(0, "noise"))
    assert torch.equal(before, torch.get_rng_state())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("symmetric", 10, 1.5), "noise_rate: expected a number in"),
        (("symmetric", 10, -0.1), "noise_rate: expected a number in"),
        (("symmetric", 10, float("nan")), "noise_rate: expected a number in"),
        (("symmetric", 1, 0.5), "num_classes: expected at least 2"),
        (("asymmetric", 10, 0.5), "noise_type: expected one of symmetric"),
    ],
)
def test_bad_matrices_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        transition_matrix(*arguments)


def test_unknown_labels_are_refused():
    with pytest.raises(ValueError, match=r"labels: expected values in \[0, 3\)"):
        corrupt(torch.tensor([0, 3]), transition_matrix("symmetric", 3, 0.5), generator(0, "noise"))
