"""The command, from options to files."""

import json

import pytest

from ..command import records, train

SMALL = ["--meta-set", "pseudo-clean", "--method", "mwnet", "--warmup-epochs", 1, "--batch-size", 99, "--lr", 0.05]


def test_whole_experiment_leaves_what_others_leave(tmp_path, capsys):
    assert train(*SMALL, "--out", tmp_path / "run") == 0
    assert "297 training images, pseudo-clean meta, 1500 test" in capsys.readouterr().out
    assert [(record["method"], record["epoch"]) for record in records(tmp_path / "run")] == [
        ("ce", 1),
        ("ce", 2),
        ("mwnet", 1),
        ("mwnet", 2),
    ]
    summary = json.loads((tmp_path / "run" / "summary.json").read_text())
    assert summary["methods"].keys() == {"ce", "mwnet"}
    assert len((tmp_path / "run" / "examples_mwnet_seed0.csv").read_text().splitlines()) == 298
    for picture in ("accuracy", "weights", "weight-function", "layers"):
        assert (tmp_path / "run" / f"{picture}.png").exists()


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (["--num-meta", 100], "--num-meta: expected none with --meta-set pseudo-clean"),
        (["--method", "l2r"], "--method: expected mwnet or ce with --meta-set pseudo-clean, got l2r"),
    ],
    ids=str,
)
def test_what_cannot_be_is_said(tmp_path, capsys, changed, message):
    assert train(*SMALL, *changed, "--out", tmp_path / "run") == 2
    assert message in " ".join(capsys.readouterr().err.replace("│", " ").split())
    assert not (tmp_path / "run").exists()
