"""Which groups of examples a chart compares."""

import numpy as np
import pytest

from famus_ext.report.groups import compared_groups
from famus_ext.train.folder.example_table import ExampleTable

LABELS = np.array([0, 0, 0, 0, 1, 1, 1, 2, 2, 3])
ORDER = np.arange(10)[::-1]


def examples(wrong):
    nothing = np.zeros(10)
    return ExampleTable(np.arange(10), None, LABELS, None, wrong, *[nothing] * 2, LABELS, *[nothing] * 2)


@pytest.mark.parametrize(
    ("wrong", "long_tailed", "expected"),
    [
        (LABELS == 1, True, {"right labels": [0, 1, 2, 3, 7, 8, 9], "wrong labels": [4, 5, 6]}),
        (LABELS == 9, True, {"largest classes": [0, 1, 2, 3], "smallest classes": [9]}),
        (LABELS == 9, False, {"other examples": [6, 5, 4, 3, 2, 1, 0], "least trusted examples": [9, 8, 7]}),
        (None, False, {"other examples": [6, 5, 4, 3, 2, 1, 0], "least trusted examples": [9, 8, 7]}),
    ],
)
def test_groups(wrong, long_tailed, expected):
    found = compared_groups(examples(wrong), ORDER, 3, long_tailed=long_tailed)
    assert {name: group.tolist() for name, group in found.items()} == expected
