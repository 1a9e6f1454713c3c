"""The two groups of training examples that charts compare."""

from __future__ import annotations

import numpy as np

from famus_ext.train.folder.example_table import ExampleTable
from famus_ext.train.recording.example_groups import SHARE

Groups = dict[str, np.ndarray]
"""What the examples of a group are called -> their positions, int64 `[n]`."""


def compared_groups(examples: ExampleTable, order: np.ndarray, top: int, *, long_tailed: bool) -> Groups:
    """Right and wrong labels where some are known to be wrong, else large and small classes, else the suspicious.

    Args:
        examples: What a run makes of every example.
        order: Their positions, the least trusted first, int64 `[N]`.
        top: How many of them are listed.
        long_tailed: Whether classes differ in size on purpose; each group is then a third of the classes.
    """
    if examples.wrong is not None and examples.wrong.any():
        return {"right labels": np.flatnonzero(~examples.wrong), "wrong labels": np.flatnonzero(examples.wrong)}
    if long_tailed:
        sizes = np.bincount(examples.given_label)
        by_size, count = np.argsort(sizes, kind="stable"), max(len(sizes) // SHARE, 1)
        return {
            "largest classes": np.flatnonzero(np.isin(examples.given_label, by_size[-count:])),
            "smallest classes": np.flatnonzero(np.isin(examples.given_label, by_size[:count])),
        }
    return {"other examples": order[top:], "least trusted examples": order[:top]}
