"""Which rows of a table have a captured twin, and why there may be none."""

import pytest
import torch
from meta_steps.captured import obstacle, with_captured
from meta_steps.paper_tables import PAPER


@pytest.mark.parametrize("number", PAPER)
def test_twins_differ_in_capture_alone(number: int) -> None:
    rows = {row.name: row for row in with_captured(PAPER[number]).rows}
    twins = [row for row in rows.values() if row.capture]
    assert twins
    for twin in twins:
        row = rows[twin.name.removesuffix(", captured")]
        assert vars(row) | {"name": twin.name, "capture": True} == vars(twin)
        assert (row.engine, row.schedule) == ("pushforward", "paper")
        assert row.meta_model != "L2R"


def test_what_stands_in_the_way() -> None:
    assert "take a GPU" in (obstacle(torch.device("cpu"), "fp32") or "")
    assert "precision" in (obstacle(torch.device("cuda"), "bf16") or "")
    assert obstacle(torch.device("cuda"), "fp32") is None
