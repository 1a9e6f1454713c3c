"""TensorBoard: what the logs hold is what the records hold, once."""

import sys
from dataclasses import replace

import pytest
from train.command import records, train
from train.made_up import record

from famus_ext.train.recording.tensorboard import RunLog
from famus_ext.train.recording.weight_histogram import BINS, EDGES

accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")


def read(folder):
    events = accumulator.EventAccumulator(str(folder), size_guidance={accumulator.HISTOGRAMS: 0})
    return events.Reload()


def points(folder, name):
    return [(event.step, event.value) for event in read(folder).Scalars(name)]


def test_curves_gates_and_weights(tmp_path):
    counts = [0] * (BINS + 1)
    counts[4], counts[BINS] = 3, 1
    epoch = replace(record("mwnet", 0, 1, 0.75), weight_histogram_wrong=counts, peak_memory_bytes=3 * 2**20)
    log = RunLog(tmp_path / "log", ["conv", "block", "head"], [])
    log.add(epoch)
    log.close()
    assert points(tmp_path / "log", "test/accuracy") == [(1, 0.75)]
    assert points(tmp_path / "log", "cost/peak memory, MiB") == [(1, 3.0)]
    assert points(tmp_path / "log", "gate/block") == [(1, 0.5)]
    found = read(tmp_path / "log")
    assert "weight/wrong labels" not in found.Tags()["scalars"]  # None in the record
    assert "weight of right labels" not in found.Tags()["histograms"]  # empty in the record
    histogram = found.Histograms("weight of wrong labels")[0].histogram_value
    assert (histogram.num, histogram.min, histogram.max) == (4, 0.0, 2.025)
    filled = {limit: count for limit, count in zip(histogram.bucket_limit, histogram.bucket, strict=True) if count}
    assert filled == {EDGES[5]: 3.0, 2.025: 1.0}


def test_a_run_that_goes_on_has_every_point_once(tmp_path):
    history = [record("mwnet", 0, epoch, epoch / 10) for epoch in (1, 2, 3)]
    log = RunLog(tmp_path / "log", [], history[:1])
    for epoch in history[1:]:  # the process ends after a point that no checkpoint holds
        log.add(epoch)
    log.close()
    again = RunLog(tmp_path / "log", [], history[:2])
    again.add(history[2])
    again.close()
    assert [step for step, _ in points(tmp_path / "log", "test/accuracy")] == [1, 2, 3]


def test_the_option(tmp_path, capsys):
    out = tmp_path / "run"
    assert train("--tensorboard", "--quiet", "--method", "mwnet", "--sampler", "last", "--out", out) == 0
    for method in ("ce", "mwnet"):
        wanted = [(r["epoch"], r["test_accuracy"]) for r in records(out) if r["method"] == method]
        found = points(out / "tensorboard" / f"{method}_seed0", "test/accuracy")
        assert [step for step, _ in found] == [step for step, _ in wanted]
        assert [value for _, value in found] == pytest.approx([value for _, value in wanted])
    printed = capsys.readouterr().out.splitlines()
    assert printed[0].startswith("test accuracy, seed 0")  # --quiet: no line of data or of an epoch
    assert printed[-1].startswith(f"results are in {out}")


def test_missing_tensorboard_is_said_before_anything_is_made(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "tensorboard", None)
    assert train("--tensorboard", "--out", tmp_path / "run") == 2
    assert 'pip install "famus-ext[tensorboard]"' in capsys.readouterr().err
    assert not (tmp_path / "run").exists()
