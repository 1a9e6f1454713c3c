import json
import subprocess
import sys
from pathlib import Path

import meta_step_ms
import pytest
import torch
from meta_steps.paper_tables import PAPER
from meta_steps.quick_tables import QUICK

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "meta_step_ms.py"
TINY = ("--device", "cpu", "--width", "1", "--batch", "4", "--rounds", "2", "--warm-up", "1", "--threads", "1")


def run(*options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, str(SCRIPT), *options], capture_output=True, encoding="utf-8", timeout=300)


def measured(folder: Path, *options: str) -> tuple[dict, str]:
    out = folder / "new folder" / "result.json"
    finished = run(*TINY, *options, "--json", str(out))
    assert finished.returncode == 0, finished.stderr
    return json.loads(out.read_text()), finished.stdout


def test_quick_run_leaves_a_valid_result(tmp_path: Path) -> None:
    result, printed = measured(tmp_path, "--quick", "--depth", "10")
    assert result["benchmark"] == "meta_step_ms"
    assert {"commit", "device", "threads", "versions", "ops"} <= result.keys()
    assert result["threads"] == 1
    with_batch_norm, with_group_norm = result["tables"]
    assert (with_batch_norm["norm"], with_batch_norm["groups"]) == ("batch", None)
    assert (with_group_norm["norm"], with_group_norm["groups"]) == ("group", 8)
    assert "with 8 groups of GroupNorm for BatchNorm" in printed
    for table in result["tables"]:
        sizes = (table["depth"], table["width"], table["batch"], table["meta_batch"], table["rounds"])
        assert sizes == (10, 1, 4, 4, 2)
        check_rows(table, printed)
    rows = by_name(with_batch_norm)
    # Double backward keeps a second graph, whatever the machine.
    assert rows["ours, last block"]["peak_bytes"] < rows["double backward, every layer"]["peak_bytes"]
    # No second backward of the training batch.
    for layers in ("every layer", "last block"):
        merged, paper = rows[f"ours, merged, {layers}"], rows[f"ours, {layers}"]
        assert merged["predicted"]["forward_passes"] == pytest.approx(paper["predicted"]["forward_passes"] - 2)
    for row in rows.values():
        if row["layers"] == "sampled":
            assert 0 <= row["predicted"]["above_lowest_active"] <= 1


def by_name(table: dict) -> dict[str, dict]:
    return {row["name"]: row for row in table["rows"]}


def check_rows(table: dict, printed: str) -> None:
    rows = by_name(table)
    references = {row["name"] for row in table["references"]}
    assert references, "the merged schedule has a reference that is not measured"
    plain = rows["plain SGD"]
    assert plain["times_plain"]["median"] == plain["peak_times_plain"] == plain["predicted"]["times_plain"] == 1
    for name, row in rows.items():
        assert name in printed
        assert 0 < row["ms"]["lower_quartile"] <= row["ms"]["median"] <= row["ms"]["upper_quartile"]
        assert row["peak_bytes"] > 0
        assert 1 <= row["predicted"]["times_plain"] <= 5
        if row["engine"] in ("pushforward", "ghost"):
            assert row["same_gradient_as"] in rows.keys() | references
            assert max(row["agreement"].values()) < 1e-5


def test_paper_tables_stand_beside_the_paper(tmp_path: Path) -> None:
    result, printed = measured(tmp_path, "--table", "1", "2", "--depth", "10")
    first, second = result["tables"]
    rows = by_name(first)
    assert rows["MW-Net + FaMUS: ours"]["paper_speedup"] == pytest.approx(933 / 284)
    assert rows["L2R + FaMUS: ours"]["paper_speedup"] == pytest.approx(839 / 244)
    assert rows["L2R: double backward"]["speedup"]["median"] == 1
    assert rows["MW-Net, merged: ours"]["paper_speedup"] is None
    assert by_name(second)["MLC + FaMUS: ours"]["paper_speedup"] == pytest.approx(265 / 84)
    for table in result["tables"]:
        check_rows(table, printed)
    # A terminal of the width that the code has.
    assert max(map(len, printed.splitlines())) <= 120
    assert all(word in printed for word in ("predicted", "memory", "V100 ms"))


def test_block_that_is_not_there_is_named() -> None:
    finished = run(*TINY, "--table", "4", "--depth", "10")
    assert finished.returncode != 0
    assert "3 blocks, there is no block 4" in finished.stderr


@pytest.mark.parametrize("options", [("--table", "5"), ("--rounds", "1")])
def test_bad_options_are_refused(options: tuple[str, ...]) -> None:
    finished = run(*TINY, "--quick", *options)
    assert finished.returncode != 0
    assert "Traceback" not in finished.stderr


def test_without_a_gpu_the_small_tables_are_the_default(capsys: pytest.CaptureFixture[str]) -> None:
    cpu, gpu = torch.device("cpu"), torch.device("cuda")
    assert meta_step_ms.chosen(meta_step_ms.Options(), cpu) == QUICK
    assert "--table 1" in capsys.readouterr().out
    assert meta_step_ms.chosen(meta_step_ms.Options(quick=True), gpu) == QUICK
    assert meta_step_ms.chosen(meta_step_ms.Options(), gpu) == tuple(PAPER.values())
    assert meta_step_ms.chosen(meta_step_ms.Options(table=(4, 1)), cpu) == (PAPER[4], PAPER[1])
    assert capsys.readouterr().out == ""
