"""What is said of the sets before training: what names and labels tell, without reading an image."""

from dataclasses import replace

import pytest
import torch

from famus_ext.data import LabelledImages, NoisyData, Source
from famus_ext.train.console import data_warnings


def images(names, labels, num_classes=3):
    return LabelledImages(torch.zeros(len(names), 1, 2, 2), torch.tensor(labels), num_classes, names=tuple(names))


TRAIN, META, TEST = images("abc", [0, 1, 2]), images("def", [0, 1, 2]), images("ghi", [0, 1, 2])
DATA = NoisyData(TRAIN, META, TEST, None, torch.arange(3))


def warnings(data):
    return data_warnings(Source(data.train, data.test, data.meta, noisy=True), data)


def test_nothing_wrong_is_nothing_to_say():
    assert warnings(DATA) == []
    assert data_warnings(Source(TRAIN, noisy=True), replace(DATA, meta=TRAIN)) == []


def test_one_class_is_said():
    sets = [images(names, [0, 0], 1) for names in ("ab", "cd", "ef")]
    (line,) = warnings(NoisyData(*sets, None, torch.arange(2)))
    assert line == (
        "warning: one class only. There must be two at least: look at the depth of the folders, or at the column of "
        "labels."
    )


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        (
            [1, 2, 1],
            "no image has the label 0, and the largest is 2. Labels are numbered from 0: subtract 1 from each.",
        ),
        ([0, 2, 2], "train: no image of class 1. Add images of it to the training set, or take the class out"),
    ],
)
def test_labels_with_a_gap_are_said_as_inspect_says_them(labels, said):
    data = NoisyData(*(images(names, labels) for names in ("abc", "def", "ghi")), None, torch.arange(3))
    assert warnings(data)[0].startswith(f"warning: {said}")


def test_shared_names_are_said():
    assert warnings(replace(DATA, train=images("abg", [0, 1, 2]), test=images("gde", [0, 1, 2]))) == [
        "warning: training and test set share 1 image by name. python -m famus_ext inspect says more",
        "warning: meta and test set share 2 images by name. python -m famus_ext inspect says more",
    ]


def test_a_class_that_the_split_has_taken_away_is_said():
    (line,) = data_warnings(Source(TRAIN, noisy=True), replace(DATA, train=images("ab", [0, 1])))
    assert line.startswith("warning: no training image is left of 1 class, 2. Take more with --num-train")
