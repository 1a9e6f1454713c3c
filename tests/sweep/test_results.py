"""RESULTS.md quotes its accuracies from the records that are kept beside it."""

import json
import re
from pathlib import Path
from statistics import fmean, stdev

ROOT = Path(__file__).parents[2]
QUOTED = re.compile(r"(?<![+−\d.])\d+\.\d ± \d+\.\d")
"""A mean ± deviation without a sign, which is no difference."""


def recorded():
    """Every mean ± deviation over the seeds of a recorded experiment, at the best epoch and after the last one."""
    found = set()
    for file in (ROOT / "benchmarks/results/experiments").glob("*.json"):
        for experiment in json.loads(file.read_text())["experiments"]:
            runs = [run["test_accuracy"] for run in experiment["runs"]]
            for values in ([100 * max(run) for run in runs], [100 * run[-1] for run in runs]):
                found.add(f"{fmean(values):.1f} ± {stdev(values):.1f}")
    return found


def test_every_accuracy_in_a_table_is_recorded():
    rows = [line for line in (ROOT / "RESULTS.md").read_text(encoding="utf-8").splitlines() if line.startswith("|")]
    quoted = {number for row in rows for number in QUOTED.findall(row)}
    assert len(quoted) > 40
    assert quoted <= recorded()
