import json
import subprocess
import sys
from pathlib import Path

import pytest

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
    (table,) = result["tables"]
    assert (table["depth"], table["width"], table["batch"], table["meta_batch"], table["rounds"]) == (10, 1, 4, 4, 2)
    rows = {row["name"]: row for row in table["rows"]}
    assert rows["plain SGD"]["times_plain"]["median"] == rows["plain SGD"]["peak_times_plain"] == 1
    for name, row in rows.items():
        assert name in printed
        assert 0 < row["ms"]["lower_quartile"] <= row["ms"]["median"] <= row["ms"]["upper_quartile"]
        assert row["peak_bytes"] > 0
        if row["engine"] == "pushforward":
            assert row["same_gradient_as"] in rows
            assert row["agreement"]["meta_gradient"] < 1e-5
            assert row["agreement"]["actual_gradient"] < 1e-5
    # Double backward keeps a second graph, whatever the machine.
    assert rows["ours, last block"]["peak_bytes"] < rows["double backward, every layer"]["peak_bytes"]


def test_paper_tables_stand_beside_the_paper_and_say_what_is_missing(tmp_path: Path) -> None:
    result, printed = measured(tmp_path, "--table", "1", "2", "--depth", "10")
    first, second = result["tables"]
    rows = {row["name"]: row for row in first["rows"]}
    assert rows["MW-Net + FaMUS: ours"]["paper_speedup"] == pytest.approx(933 / 284)
    assert rows["L2R + FaMUS: ours"]["paper_speedup"] == pytest.approx(839 / 244)
    assert rows["L2R: double backward"]["speedup"]["median"] == 1
    assert second["rows"] == []
    assert "not there yet: MLC; MLC + FaMUS" in printed


def test_block_that_is_not_there_is_named() -> None:
    finished = run(*TINY, "--table", "4", "--depth", "10")
    assert finished.returncode != 0
    assert "3 blocks, there is no block 4" in finished.stderr


@pytest.mark.parametrize("options", [("--table", "5"), ("--rounds", "1")])
def test_bad_options_are_refused(options: tuple[str, ...]) -> None:
    finished = run(*TINY, "--quick", *options)
    assert finished.returncode != 0
    assert "Traceback" not in finished.stderr
