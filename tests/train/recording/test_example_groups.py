"""Groups of examples: right and wrong labels, head and tail by the given labels."""

import torch

from famus_ext.data import LabelledImages, NoisyData
from famus_ext.train.recording.example_groups import example_groups


def data(given, true):
    labels = torch.tensor(given)
    images = torch.zeros(len(given), 1)
    train = LabelledImages(images, labels, 4)
    return NoisyData(train, train, train, None if true is None else torch.tensor(true), torch.arange(len(given)))


def test_right_and_wrong_labels():
    groups = example_groups(data([0, 1, 2], [0, 2, 2]), long_tailed=False)
    assert {name: mask.tolist() for name, mask in groups.items()} == {
        "clean": [True, False, True],
        "wrong": [False, True, False],
    }


def test_nothing_is_known_of_labels_without_true_ones():
    assert example_groups(data([0, 1, 2], None), long_tailed=False) == {}


def test_head_and_tail_are_a_third_of_the_classes_by_their_given_labels():
    groups = example_groups(data([3, 3, 3, 1, 1, 0, 0, 2], None), long_tailed=True)
    assert groups["head"].tolist() == [True] * 3 + [False] * 5
    assert groups["tail"].tolist() == [False] * 7 + [True]
