"""A growth run and a step run leave results that the charts can draw."""

import json
from pathlib import Path

import charts
import growth
import pytest
from meta_steps.tables import PLAIN, Table

SMALL = Table("", (PLAIN,), depth=10, width=1, batch=2, meta_batch=2)


@pytest.fixture
def result(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict:
    """Two points an axis, of a tiny network."""
    axes = tuple(
        growth.Axis(name, values)
        for name, values in (("batch", (2, 3)), ("depth", (10, 16)), ("width", (1, 2)), ("layers", (1, 17)))
    )
    monkeypatch.setattr(growth, "BASE", SMALL)
    monkeypatch.setattr(growth, "AXES", axes)
    out = tmp_path / "new folder" / "growth.json"
    growth.main(growth.Options(device="cpu", rounds=2, warm_up=1, json=out))
    return json.loads(out.read_text())


def test_growth_predicts_what_the_row_costs_and_is_drawn(result: dict, tmp_path: Path) -> None:
    points = {axis["name"]: axis["points"] for axis in result["axes"]}
    values = {name: [point["value"] for point in of] for name, of in points.items()}
    assert values == {"batch": [2, 3], "depth": [10, 16], "width": [1, 2], "layers": [1, 17]}
    for of in points.values():
        for point in of:
            assert all(row["times_plain"]["median"] > 0 for row in point["rows"])
    every, last = (row["predicted"] for row in points["batch"][0]["rows"])
    assert every == pytest.approx(10 / 3, rel=0.02)
    assert 2 < last < every
    few, all_layers = (point["rows"][0]["predicted"] for point in points["layers"])
    assert few < all_layers == pytest.approx(every)
    charts.draw_growth(result, tmp_path / "growth.png")
    assert (tmp_path / "growth.png").read_bytes().startswith(b"\x89PNG")


def test_committed_step_is_drawn(tmp_path: Path) -> None:
    spread = {"median": 2.0, "lower_quartile": 1.9, "upper_quartile": 2.2}
    rows = [
        {"name": name, "engine": engine, "approximate": engine == "betty", "peak_times_plain": 2.0}
        | {"times_plain": spread, "predicted": {"times_plain": 2.0}}
        for name, engine in (("plain SGD", "plain"), ("ours", "pushforward"), ("theirs", "rival"), ("near", "betty"))
    ]
    charts.draw_steps({"device": "a machine", "tables": [{"size": "WRN", "rows": rows}]}, tmp_path / "step.png")
    assert (tmp_path / "step.png").read_bytes().startswith(b"\x89PNG")


def test_one_round_is_refused() -> None:
    with pytest.raises(SystemExit, match="expected at least 2 rounds"):
        growth.main(growth.Options(rounds=1))
