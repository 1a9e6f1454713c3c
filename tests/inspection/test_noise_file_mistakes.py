"""Mistakes in a file of labels: each is found, with what to do."""

import json

import pytest

from famus_ext.data.sets.registry import load
from famus_ext.inspection.inspection import inspect
from famus_ext.train.config import Config
from famus_ext.train.options.data import DataOptions

from .trees import said

CLEAN = load("digits").train.labels.tolist()

FILES = {
    "too long": (
        [*CLEAN, 0],
        "the file of labels has 1,798 for 1,797 training images",
        "It belongs to another data set",
    ),
    "too short": (
        CLEAN[:1200],
        "the file has labels of 1,200 of 1,797 training images; the others are left out",
        "Name a file with a label for each, unless this is meant",
    ),
    "numbered from 1": (
        [label + 1 for label in CLEAN],
        "has the label 10, and there are 10 classes, from 0 on",
        "They seem to be numbered from 1: subtract 1",
    ),
    "of other images": (
        CLEAN[::-1],
        "as labels of other images would",
        "Look whether they are in the published order, and the classes numbered as in the data set",
    ),
}


@pytest.mark.parametrize("file", FILES)
def test_a_mistake_is_found_with_what_to_do(tmp_path, file):
    labels, problem, remedy = FILES[file]
    (tmp_path / "noise.json").write_text(json.dumps(labels))
    data = {"noise_type": "file", "noise_file": str(tmp_path / "noise.json")}
    text = said(digits(**data))
    assert problem in text
    assert remedy in text


def test_a_file_that_fits_is_fine(tmp_path):
    labels = [(label + (place % 3 == 0)) % 10 for place, label in enumerate(CLEAN)]
    (tmp_path / "noise.json").write_text(json.dumps(labels))
    found = digits(noise_type="file", noise_file=str(tmp_path / "noise.json"))
    assert found.problems == ()
    assert found.sets.noise == f"labels of {tmp_path / 'noise.json'}"
    assert found.sets.actual_noise_rate == pytest.approx(1 / 3, abs=0.05)


def digits(**options):
    """What is found of digits, without a step."""
    return inspect(Config(data=DataOptions(**options)), steps=0)
