"""Label noise that depends on the class: the matrices' rates, and labels drawn from them."""

import pytest
import torch

from famus_ext.data import MATRIX_NOISE, corrupt, expected_noise_rate, generator, transition_matrix

ACTUAL_RATE = {  # of the rate p, for C classes
    "symmetric": lambda p, c: p * (1 - 1 / c),
    "symmetric-excluding": lambda p, c: p,
    "pairflip": lambda p, c: p,
    "flip": lambda p, c: p,
    "flip2": lambda p, c: p,
    "asymmetric": lambda p, c: p * 2 / c,
    "hierarchical": lambda p, c: p,
}


def matrix_of(noise_type, num_classes, rate, seed=0):
    """The matrix for classes of which 1 is taken for 0 and 2 for 1, in superclasses of two or three."""
    superclasses = [min(label, num_classes - 2) // 2 for label in range(num_classes)]
    drawn = generator(seed, "classes")
    return transition_matrix(
        noise_type, num_classes, rate, confused={1: 0, 2: 1}, superclasses=superclasses, generator=drawn
    )


def cycled_labels(size, num_classes):
    return torch.arange(size) % num_classes


@pytest.mark.parametrize("noise_type", MATRIX_NOISE)
@pytest.mark.parametrize("num_classes", [3, 5, 10])
@pytest.mark.parametrize("rate", [0.0, 0.3, 1.0])
def test_rows_sum_to_one_and_expected_rate_is_exact(noise_type, num_classes, rate):
    matrix = matrix_of(noise_type, num_classes, rate)
    labels = cycled_labels(7 * num_classes, num_classes)
    torch.testing.assert_close(matrix.sum(1), torch.ones(num_classes, dtype=torch.float64), rtol=0, atol=1e-15)
    assert (matrix >= 0).all()
    assert expected_noise_rate(matrix, labels) == pytest.approx(ACTUAL_RATE[noise_type](rate, num_classes), abs=1e-15)


@pytest.mark.parametrize("noise_type", MATRIX_NOISE)
def test_drawn_labels_follow_the_matrix(noise_type):
    size, num_classes, rate = 100_000, 5, 0.6
    labels = cycled_labels(size, num_classes)
    matrix = matrix_of(noise_type, num_classes, rate)
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
        (("diagonal", 10, 0.5), "noise_type: expected one of symmetric"),
        (("asymmetric", 10, 0.5), "noise_type: asymmetric needs a map of confused classes"),
        (("hierarchical", 10, 0.5), "noise_type: hierarchical needs superclasses"),
        (("flip", 10, 0.5), "generator: expected one"),
        (("flip2", 2, 0.5), "num_classes: expected at least 3, got 2"),
    ],
)
def test_bad_matrices_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        transition_matrix(*arguments)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"confused": {3: 0}}, r"confused: expected classes in \[0, 3\), got \{3: 0\}"),
        ({"confused": {0: 3}}, "confused: expected classes"),
        ({"superclasses": [0, 0]}, "superclasses: expected 3, one a class, got 2"),
        ({"superclasses": [0, 1, 0]}, "superclasses: expected at least two classes in each, got class 1 alone"),
    ],
)
def test_wrong_facts_of_the_classes_are_refused(options, message):
    kind = "asymmetric" if "confused" in options else "hierarchical"
    with pytest.raises(ValueError, match=message):
        transition_matrix(kind, 3, 0.5, **options)


@pytest.mark.parametrize(("noise_type", "count"), [("flip", 1), ("flip2", 2)])
def test_drawn_classes_are_others_and_change_with_the_seed(noise_type, count):
    matrices = [matrix_of(noise_type, 10, 1.0, seed) for seed in (0, 0, 1)]
    assert torch.equal(matrices[0], matrices[1])
    assert not torch.equal(matrices[0], matrices[2])
    assert (matrices[0].diagonal() == 0).all()
    assert ((matrices[0] > 0).sum(1) == count).all()


def test_asymmetric_noise_leaves_the_other_classes_alone():
    labels = cycled_labels(40, 4)
    given, _ = corrupt(labels, matrix_of("asymmetric", 4, 1.0), generator(0, "noise"))
    assert torch.equal(given, torch.tensor([0, 0, 1, 3])[labels])


def test_hierarchical_noise_stays_in_the_superclass():
    matrix = matrix_of("hierarchical", 5, 0.4)  # superclasses {0, 1} and {2, 3, 4}
    assert matrix[0].tolist() == pytest.approx([0.6, 0.4, 0, 0, 0])
    assert matrix[3].tolist() == pytest.approx([0, 0, 0.2, 0.6, 0.2])


def test_unknown_labels_are_refused():
    with pytest.raises(ValueError, match=r"labels: expected values in \[0, 3\)"):
        corrupt(torch.tensor([0, 3]), transition_matrix("symmetric", 3, 0.5), generator(0, "noise"))
