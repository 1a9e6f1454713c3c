"""A row and its reference go on keeping the same layers through warm-up, memory and timing."""

from dataclasses import replace

import meta_step_ms
import torch
from meta_steps.paper_tables import PAPER


def test_pairs_draw_the_same_layers() -> None:
    rows = tuple(row for row in PAPER[4].rows if row.layers != "block" and row.schedule == "paper")
    table = replace(PAPER[4], rows=rows, depth=10, width=1, batch=4, meta_batch=4)
    options = meta_step_ms.Options(rounds=2, warm_up=1)
    measured = {row["name"]: row for row in meta_step_ms.measure(table, torch.device("cpu"), options)["rows"]}
    for name in ("random s = 4", "random s = 8", "random s = 16", "MW-Net + FaMUS"):
        twice, ours = measured[f"{name}: double backward"], measured[f"{name}: ours"]
        assert ours["active_layers"] == twice["active_layers"]
        assert ours["predicted"]["above_lowest_active"] == twice["predicted"]["above_lowest_active"]
    assert measured["random s = 8: ours"]["active_layers"] == 8
