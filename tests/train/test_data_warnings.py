"""What is said of the sets before training: what names and labels tell, without reading an image."""

from dataclasses import replace

import torch

from famus_ext.data import LabelledImages, NoisyData
from famus_ext.train.console import data_warnings


def images(names, labels):
    return LabelledImages(torch.zeros(len(names), 1, 2, 2), torch.tensor(labels), 3, names=tuple(names))


DATA = NoisyData(images("abc", [0, 1, 2]), images("de", [0, 1]), images("fg", [0, 1]), None, torch.arange(3))
MORE = "python -m famus_ext inspect says more"


def test_nothing_wrong_is_nothing_to_say():
    assert data_warnings(DATA) == []
    assert data_warnings(replace(DATA, meta=DATA.train)) == []


def test_one_class_is_said():
    one = LabelledImages(torch.zeros(2, 1, 2, 2), torch.zeros(2, dtype=torch.int64), 1)
    data = replace(DATA, train=one, meta=one, test=one)
    assert data_warnings(data) == [f"warning: there is one class only; {MORE}"]


def test_shared_names_and_empty_classes_are_said():
    data = replace(DATA, train=images("abf", [0, 1, 1]), test=images("fde", [0, 1, 2]))
    assert data_warnings(data) == [
        f"warning: training and test set share 1 images by name; {MORE}",
        f"warning: meta and test set share 2 images by name; {MORE}",
        f"warning: no training image of 1 classes, class 2 say; {MORE}",
    ]
