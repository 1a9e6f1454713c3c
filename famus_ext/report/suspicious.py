"""`suspicious_seed<n>.csv`: the least trusted examples with their ids, for a spreadsheet or a script.

::

    rank                                    1 for the least trusted
    index, name                             position in the published training set; file name or line, where it has one
    given_label, given_name                 the label trained on, and what the class is called
    predicted_label, predicted_name         the network's likeliest label
    predicted_probability                   its probability
    given_probability                       the given label's
    weight                                  mean weight over the last epochs, 1 = plain training; empty without weights
    loss                                    loss under the given label
    wrong                                   1 where the label is known to be wrong, 0 right; empty where nobody knows
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Any

from famus_ext.report.gallery import Suspect

COLUMNS = (
    "rank",
    "index",
    "name",
    "given_label",
    "given_name",
    "predicted_label",
    "predicted_name",
    "predicted_probability",
    "given_probability",
    "weight",
    "loss",
    "wrong",
)


def suspicious_csv(suspects: Sequence[Suspect]) -> str:
    """The table as text, in the order of the suspects."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(_row(suspect) for suspect in suspects)
    return file.getvalue()


def _row(suspect: Suspect) -> list[Any]:
    """A line of the table."""
    return [
        suspect.rank,
        suspect.index,
        suspect.name,
        suspect.given_label,
        suspect.given,
        suspect.predicted_label,
        suspect.predicted,
        f"{suspect.predicted_probability:.6g}",
        f"{suspect.given_probability:.6g}",
        "" if suspect.weight is None else f"{suspect.weight:.6g}",
        f"{suspect.loss:.6g}",
        "" if suspect.wrong is None else int(suspect.wrong),
    ]
