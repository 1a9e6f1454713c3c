"""The profile accounts for the whole step, and its floors are the products that each phase computes."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch
from meta_steps.phase_times import REST, phase_milliseconds
from meta_steps.predicted import Work, passes_by_phase
from meta_steps.quick_tables import QUICK
from meta_steps.sizes import Sizes
from meta_steps.tables import PLAIN, Row, Table
from meta_steps.trial import Trial
from shared.products import Products

from famus_ext.engine.phases import Phase, phase, watched

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "profile_step.py"
CPU = torch.device("cpu")


def test_phase_inside_another_counts_once_and_the_rest_is_what_is_left() -> None:
    def step() -> None:
        time.sleep(0.01)
        with phase(Phase.VIRTUAL_STEP):
            time.sleep(0.02)
            with phase(Phase.OPTIMIZER):
                time.sleep(0.04)

    begin = time.perf_counter()
    times = phase_milliseconds(step, CPU)
    whole = 1e3 * (time.perf_counter() - begin)
    assert sum(times.values()) == pytest.approx(whole, rel=0.05)
    assert times[REST] >= 10
    assert times["virtual step"] >= 20
    assert times["optimizer"] >= 40
    assert times["pushforward"] == 0


@pytest.mark.parametrize(
    "row", [row for row in QUICK[0].rows + QUICK[1].rows if row.engine in ("pushforward", "ghost")]
)
def test_floors_are_the_products_of_each_phase(row: Row) -> None:
    norm = "group" if row.engine == "ghost" or row.micro_batches > 1 else "batch"
    table = Table("", (PLAIN, row), depth=10, width=2, batch=4, meta_batch=4, norm=norm)
    with Products() as products:
        Trial(PLAIN, table, CPU)()
    plain = products.count / 3
    trial = Trial(row, table, CPU)
    # The ghost engine probes in the steps 1, 2, 4, ...
    trial()
    trial()
    found: dict[str, float] = {}

    @contextmanager
    def watcher(name: Phase) -> Iterator[None]:
        with Products() as products:
            yield
        found[name.value] = found.get(name.value, 0) + products.count / plain

    with watched(watcher):
        trial()
    (active,) = trial.active(1)
    floors = passes_by_phase(row, Work.of(trial.model, trial.batch[0][:1]), active, 1)
    for name, products in found.items():
        # Left out: the gates' own products, and the gradient that the first layer does not pass on.
        assert products == pytest.approx(floors.get(name, 0), rel=0.03, abs=0.06), name


def test_profile_leaves_a_valid_result(tmp_path: Path) -> None:
    out = tmp_path / "profile.json"
    options = ("--depth", "10", "--width", "1", "--batch", "4", "--rounds", "2", "--device", "cpu", "--threads", "1")
    finished = subprocess.run(
        [sys.executable, SCRIPT, *options, "--rows", "ours, every layer", "ghost, every layer", "--json", out],
        capture_output=True,
        encoding="utf-8",
        timeout=300,
    )
    assert finished.returncode == 0, finished.stderr
    result = json.loads(out.read_text())
    rows = [row for table in result["tables"] for row in table["rows"]]
    # The first is in both tables.
    assert [row["name"] for row in rows] == ["ours, every layer", "ours, every layer", "ghost, every layer"]
    for row in rows:
        assert row["name"] in finished.stdout
        # Less the input gradients of the first layer.
        passes = sum(phase["floor"] for phase in row["phases"].values())
        assert passes == pytest.approx(10 if "ours" in row["name"] else 8, rel=0.02)
        assert all(f"| {name} |" in finished.stdout for name in row["phases"])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--rows", "no such row"), "no row of the table is named no such row"),
        (("--rows", "plain SGD"), "plain SGD has no phases"),
        (("--depth", "11"), "expected a depth of 6 n + 4"),
    ],
)
def test_bad_options_are_refused(options: tuple[str, ...], words: str) -> None:
    finished = subprocess.run(
        [sys.executable, str(SCRIPT), "--device", "cpu", *options], capture_output=True, encoding="utf-8", timeout=300
    )
    assert finished.returncode != 0
    assert words in finished.stderr
    assert "Traceback" not in finished.stderr


def test_sizes_leave_what_they_do_not_name() -> None:
    changed = Sizes(batch=6).of(QUICK[0])
    assert (changed.depth, changed.width) == (QUICK[0].depth, QUICK[0].width)
    assert changed.batch == changed.meta_batch == 6
