import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from contenders import CASES, Case, Network, rows
from contenders.steps import NATIVE, REFERENCE

from famus_ext import ops

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "ops.py"
NETWORK = Network(10, 1, 2, torch.device("cpu"), torch.float32)


def test_every_op_has_rows() -> None:
    assert CASES.keys() == set(ops.__all__)


def run(*options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, str(SCRIPT), *options], capture_output=True, encoding="utf-8", timeout=300)


def test_run_leaves_a_row_for_every_op_and_setting(tmp_path: Path) -> None:
    out = tmp_path / "new folder" / "result.json"
    tiny = ("--network", "10-1", "--batch", "2", "--rounds", "2", "--threads", "1", "--no-compile", "--step")
    finished = run(*tiny, "--dtype", "float32", "bfloat16", "--json", str(out))
    assert finished.returncode == 0, finished.stderr
    result = json.loads(out.read_text())
    assert {"commit", "device", "threads", "versions", "ops", "rounds"} <= result.keys()
    assert {(row["op"], row["dtype"]) for row in result["rows"]} == {
        (op, dtype) for op in CASES for dtype in ("float32", "bfloat16")
    }
    for row in result["rows"]:
        for spread in (row["microseconds"], row["share_of_peak"], row["speedup_over_eager"]):
            assert 0 < spread["lower_quartile"] <= spread["median"] <= spread["upper_quartile"]
        assert 0 < row["relative_error"] < 0.05
        assert row["path"] == result["ops"][row["op"]]
        assert row["speedup_over_compiled"] is None
        assert row["not_compiled"] == "not asked for"
        assert f"{row['op']} " in finished.stdout
    settings = {NATIVE, REFERENCE} | {f"{op} by reference" for op in ops.__all__}
    for step in {record["step"] for record in result["steps"]}:
        records = {record["ops"]: record for record in result["steps"] if record["step"] == step}
        assert records.keys() == settings
        assert records[NATIVE]["times_native"]["median"] == 1
    assert max(map(len, finished.stdout.splitlines())) <= 120


def the_case(op: str) -> Case:
    return next(CASES[op](NETWORK))


def test_wrong_op_is_not_timed() -> None:
    case = the_case("layer_dots")
    wrong = replace(case, native=lambda a, b: ([case.native(a, b)[0][0] + 1],))
    with pytest.raises(ArithmeticError, match="layer_dots, WRN-10-1, parameters: relative error"):
        rows.measure(wrong, 2, compiled=False)


def test_what_cannot_be_compiled_is_left_out_with_the_reason() -> None:
    def fails(*_: object) -> None:
        raise RuntimeError("no compiler\nand more")

    row = rows.measure(replace(the_case("layer_dots"), compiled=lambda: fails), 2, compiled=True)
    assert row["speedup_over_compiled"] is None
    assert row["not_compiled"] == "RuntimeError: no compiler"


def test_compiled_rival_is_timed() -> None:
    case = the_case("layer_dots")
    row = rows.measure(replace(case, compiled=lambda: case.eager), 2, compiled=True)
    assert row["speedup_over_compiled"]["median"] > 0
    assert row["not_compiled"] is None


def test_arithmetic_is_held_against_a_matrix_product() -> None:
    def product(a: list[torch.Tensor]) -> tuple[list[torch.Tensor], ...]:
        return ([a[0] @ a[0]],)

    a = [torch.eye(64)]
    row = rows.measure(
        Case("layer_dots", "64", (a,), product, product, 3 * 4 * 64**2, flops=2 * 64**3), 2, compiled=False
    )
    assert row["bound"] == "arithmetic"
    assert 0 < row["share_of_peak"]["median"] < 10


@pytest.mark.parametrize("name", ["28", "28-10-1", "wide"])
def test_bad_network_is_refused(name: str) -> None:
    finished = run("--network", name)
    assert finished.returncode != 0
    assert "network: expected depth-width, 28-10 say" in finished.stderr
    assert "Traceback" not in finished.stderr
