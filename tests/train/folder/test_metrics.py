"""`metrics.jsonl` after a crash: each run's records are those of its checkpoint, the others' stay."""

import json

import pytest
from train.made_up import record

from famus_ext.train.folder.metrics import Metrics

RUNS = (("ce", 0), ("l2r", 0))
CE = [record("ce", 0, epoch, 0.5) for epoch in (1, 2)]
L2R = [record("l2r", 0, epoch, 0.75) for epoch in (1, 2)]


@pytest.fixture
def metrics(tmp_path):
    written = Metrics(tmp_path / "metrics.jsonl")
    for one in (*CE, *L2R):
        written.append(one)
    return written


def records(metrics):
    return [json.loads(line) for line in metrics.path.read_text().splitlines()]


def test_records_are_as_they_were_added(metrics):
    assert records(metrics) == [one.to_dict() for one in (*CE, *L2R)]


def test_a_record_too_few_comes_back(metrics):
    lines = metrics.path.read_text().splitlines(keepends=True)
    metrics.path.write_text("".join(lines[:-1]))
    metrics.restore(("l2r", 0), L2R, RUNS)
    assert records(metrics) == [one.to_dict() for one in (*CE, *L2R)]


def test_a_record_too_many_goes(metrics):
    metrics.restore(("l2r", 0), L2R[:1], RUNS)
    assert records(metrics) == [one.to_dict() for one in (*CE, L2R[0])]


@pytest.mark.parametrize(
    "left", [b'{"method": "l2r", "se', b"\xff\xfe\n", b"[1, 2]\n", b"null\n", b'{"method": "l2r"}\n', b"\x00" * 9]
)
def test_what_is_no_record_goes(metrics, left):
    with metrics.path.open("ab") as file:
        file.write(left)
    metrics.restore(("l2r", 0), L2R, RUNS)
    assert records(metrics) == [one.to_dict() for one in (*CE, *L2R)]


def test_a_record_of_no_run_of_the_experiment_goes(metrics):
    metrics.append(record("l2r", 4, 1, 0.1))
    metrics.restore(("l2r", 0), L2R, RUNS)
    assert records(metrics) == [one.to_dict() for one in (*CE, *L2R)]


def test_a_run_that_goes_on_comes_last(metrics):
    metrics.restore(("ce", 0), CE, RUNS)
    assert records(metrics) == [one.to_dict() for one in (*L2R, *CE)]


def test_a_file_that_is_right_is_not_written(metrics):
    before = metrics.path.stat().st_mtime_ns
    metrics.restore(("l2r", 0), L2R, RUNS)
    assert metrics.path.stat().st_mtime_ns == before


def test_a_file_that_is_lost_is_made(tmp_path):
    metrics = Metrics(tmp_path / "metrics.jsonl")
    metrics.restore(("ce", 0), [], RUNS)
    assert metrics.path.read_bytes() == b""
