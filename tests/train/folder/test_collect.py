"""Result files: what the folders hold, by epoch, and nothing else."""

import json

import pytest

import famus_ext.__main__ as program
from famus_ext.train.folder.collect import to_json

SMALL = ["--num-test", "1500", "--device", "cpu", "--epochs", "3", "--sampler", "last"]


def test_experiments_become_one_record(tmp_path, capsys):
    folders = [tmp_path / name for name in ("noise", "tail")]
    extra = (["--noise-rate", "0.5"], ["--noise-rate", "0", "--imbalance", "2"])
    for folder, options in zip(folders, extra, strict=True):
        assert program.main(["train", *SMALL, "--method", "mwnet", *options, "--out", str(folder)]) == 0
    capsys.readouterr()
    assert program.main(["collect", *map(str, folders)]) == 0
    noise, tail = json.loads(capsys.readouterr().out)["experiments"]

    assert "--noise-rate 0.5" in noise["command"]
    assert noise["config"] == json.loads((folders[0] / "config.json").read_text())
    assert noise["summary"] == json.loads((folders[0] / "summary.json").read_text())
    plain, method = noise["runs"]
    assert set(plain) == {"method", "seed", "test_accuracy", "test_loss", "seconds", "peak_memory_bytes"}
    records = [json.loads(line) for line in (folders[0] / "metrics.jsonl").read_text().splitlines()]
    assert method["test_accuracy"] == [r["test_accuracy"] for r in records if r["method"] == "mwnet"]
    assert method["test_loss"] == pytest.approx([r["test_loss"] for r in records if r["method"] == "mwnet"], abs=1e-4)
    assert method["gradient_variance"] == pytest.approx(
        [r["gradient_variance"] for r in records if r["method"] == "mwnet"], rel=1e-3
    )
    assert len(method["weight_clean"]) == len(method["weight_wrong"]) == 3
    assert "weight_tail" not in method
    assert list(method["weight_function"]["weights_by_epoch"]) == ["1", "2", "3"]
    assert len(method["weight_function"]["losses"]) == len(method["weight_function"]["weights_by_epoch"]["2"][0])

    assert {"weight_clean", "weight_head", "weight_tail"} <= set(tail["runs"][1])
    assert "weight_wrong" not in tail["runs"][1]  # no label is


def test_numbers_of_a_list_are_on_one_line():
    assert to_json({"a": [1, -2.5, 3e-05], "b": ["x"], "c": []}).splitlines()[1] == '  "a": [1, -2.5, 3e-05],'
    assert json.loads(to_json({"a": [[1.0, 2.0], []], "b": ["1, 2"]})) == {"a": [[1.0, 2.0], []], "b": ["1, 2"]}


def test_folder_without_a_finished_experiment_is_refused(tmp_path, capsys):
    assert program.main(["collect", str(tmp_path)]) == 1
    assert f"{tmp_path}: no experiment" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [[], ["--bogus"]])
def test_usage(arguments, capsys):
    assert program.main(["collect", *arguments]) == 2
    assert "usage: python -m famus_ext collect FOLDER" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["--help"], ["runs/photos", "-h"]])
def test_help(arguments, capsys):
    assert program.main(["collect", *arguments]) == 0
    printed = capsys.readouterr()
    assert "usage: python -m famus_ext collect FOLDER" in printed.out
    assert "one JSON record" in printed.out
    assert not printed.err
