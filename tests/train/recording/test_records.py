"""Summaries over the seeds, and the lines that show them."""

from dataclasses import replace

import pytest
from train.made_up import record, run

from famus_ext.train.config import Config, OptimizerOptions
from famus_ext.train.console import epoch_line, summary_lines
from famus_ext.train.recording.records import Spread, summarise

RUNS = [run("ce", 0, 0.8, 0.5), run("l2r", 0, 0.7, 0.9), run("ce", 1, 0.9, 0.6), run("l2r", 1, 0.8, 0.8)]


def test_summary_holds_mean_and_sample_deviation_by_method():
    summary = summarise(RUNS)
    assert list(summary) == ["ce", "l2r"]
    assert summary["ce"]["final"].mean == pytest.approx(0.55)
    assert summary["ce"]["final"].deviation == pytest.approx(0.1 / 2**0.5)
    assert summary["l2r"]["best"].mean == pytest.approx(0.85)
    assert summary["l2r"]["ms_per_step"] == Spread(10.0, 0.0)


def test_one_seed_has_no_deviation():
    assert Spread.of([0.5]) == Spread(0.5, None)


def test_last_line_compares_with_plain_cross_entropy():
    lines = summary_lines(Config(seeds=(0, 1), optimizer=OptimizerOptions(epochs=40)), RUNS)
    assert lines[-1] == "L2R + FaMUS 85.0 ± 7.1 % against plain cross-entropy 55.0 ± 7.1 % after 40 epochs"
    alone = summary_lines(Config(baseline=False), [run("l2r", 0, 0.9)])
    assert alone[-1] == "  L2R + FaMUS  final 90.0 %  best 90.0 %  10.0 ms/step"


def test_epoch_lines():
    assert epoch_line(record("l2r", 0, 3, 0.912), 40) == (
        "  l2r seed 0  epoch  3/40  test  91.2%  weight clean 1.50  layers 2.0/3  10.0 ms/step"
    )
    assert epoch_line(record("ce", 1, 40, 1.0), 40) == "   ce seed 1  epoch 40/40  test 100.0%  10.0 ms/step"


def test_line_of_a_long_tail_shows_head_and_tail():
    long_tail = replace(record("l2r", 0, 1, 0.5), weight_head=0.25, weight_tail=0.75)
    assert "weight clean 1.50, head 0.25, tail 0.75  layers" in epoch_line(long_tail, 9)


def test_epoch_line_fits_100_columns():
    noisy = replace(record("mwnet", 12, 120, 1.0), weight_wrong=0.01, active_layers=10.5, gate_rates=[0.3] * 35)
    line = epoch_line(noisy, 120, left=5 * 3600)
    assert line.endswith("  layers 10.5/35  5.0 h left")
    assert len(line) <= 100


def test_line_of_a_run_without_ground_truth_shows_no_weights():
    assert "weight" not in epoch_line(replace(record("l2r", 0, 1, 0.5), weight_clean=None), 9)


def test_line_of_a_method_that_weights_nothing_shows_no_weights():
    assert "weight" not in epoch_line(replace(record("l2r", 0, 1, 0.5), method="mlc"), 9)
