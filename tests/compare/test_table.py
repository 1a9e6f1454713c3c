"""The comparison's numbers, against those worked out by hand."""

import csv
import io
import shutil
from dataclasses import replace

import pytest
from shared.recorded_runs import MIB, write_run

import famus_ext.__main__ as program
from famus_ext.compare.entries import compare
from famus_ext.compare.layout import NAME, Cell, Layout
from famus_ext.compare.table import tabulate
from famus_ext.compare.write import MEMORY, PAPER_MS, to_csv, to_markdown, to_text
from famus_ext.train.folder.read_run import RunError
from famus_ext.train.recording.records import Spread

from .conftest import MWNET, PLAIN


def test_numbers_of_an_experiment(experiment):
    table = tabulate([experiment])
    assert [(row.name, row.group, row.seeds) for row in table.rows] == [
        ("plain", "20 %", (0, 1)),
        ("MW-Net", "20 %", (0, 1)),
        ("plain", "40 %", (0, 1)),
        ("MW-Net", "40 %", (0,)),
    ]
    plain, better, _, short = table.rows
    assert plain.final == approx(0.55, 0.005**0.5)
    assert plain.best == approx(0.65, 0.005**0.5)
    assert plain.difference is None
    assert better.difference == approx(0.15, 0.005**0.5)  # 0.8 - 0.7 and 0.8 - 0.6, of the best
    assert short.difference == Spread(pytest.approx(0.2), None)
    assert (better.paper, better.paper_ms, plain.paper) == (91.9, 933.0, None)
    assert (better.noise_rate, better.ms_per_step) == (pytest.approx(0.36), 15.0)
    assert better.peak_memory_bytes == 102 * MIB


def test_a_small_loss_is_no_negative_zero(experiment):
    table = tabulate([experiment])
    small = replace(table.rows[1], difference=Spread(-0.0004, None))
    assert " +0.0 " in to_text(replace(table, rows=(table.rows[0], small)))


def approx(mean, deviation):
    return Spread(pytest.approx(mean), pytest.approx(deviation))


def test_what_differs_beside_the_method_is_said(experiment):
    assert tabulate([experiment]).notes == (
        "MW-Net, 40 %: 1 of 2 seeds trained to the end",
        "MW-Net, 40 %: seeds 0, plain 0 1; the difference is over those that both have",
        "MW-Net, 40 %: trained on other labels than plain (seeds 0)",
    )


def test_another_reference(experiment):
    table = tabulate([experiment], "MW-Net")
    assert table.rows[0].difference.mean == pytest.approx(-0.15)
    assert table.rows[1].difference is None
    with pytest.raises(RunError, match=r"--reference: expected one of 'plain', 'MW-Net', .*got 'mwnet'"):
        tabulate([experiment], "mwnet")


def test_run_folders_are_rows_and_the_baseline_is_one(tmp_path):
    both = {("ce", 0): [0.5, 0.5], ("mwnet", 0): [0.6, 0.7], ("ce", 1): [0.4, 0.5], ("mwnet", 1): [0.6, 0.9]}
    write_run(tmp_path / "both", replace(MWNET, baseline=True), both)
    write_run(tmp_path / "plain", PLAIN, {run: curve for run, curve in both.items() if run[0] == "ce"})
    alone = tabulate([tmp_path / "both"])
    assert [row.name for row in alone.rows] == ["plain cross-entropy", "MW-Net, every layer"]
    assert (alone.measure, alone.title) == ("final", "digits, 60 % symmetric noise")
    assert alone.rows[1].difference == approx(0.3, 0.02**0.5)
    names = [row.name for row in tabulate([tmp_path / "both", tmp_path / "plain", tmp_path / "both"]).rows]
    assert names == ["both: plain cross-entropy", "both: MW-Net, every layer", "plain: plain cross-entropy"]


def test_a_run_without_a_finished_seed_is_a_row_of_dashes(tmp_path):
    write_run(tmp_path / "run", MWNET, {("mwnet", 0): [0.5]})
    (row,) = tabulate([tmp_path / "run"]).rows
    assert (row.final, row.best, row.ms_per_step, row.seeds) == (None, None, None, ())
    assert to_text(tabulate([tmp_path / "run"])).splitlines()[1:3] == [
        "                     seeds",
        "MW-Net, every layer      0",
    ]


def test_text(experiment):
    lines = to_text(tabulate([experiment])).splitlines()
    assert lines[0] == "Table 1. Made up"
    assert lines[1].split("  ")[-1] == "memory MiB"
    assert " ".join(lines[3].split()) == "MW-Net 20 % 80.0 ± 0.0 80.0 ± 0.0 +15.0 ± 7.1 91.9 2 36.0 15.0 933 102"
    assert len({len(line) for line in lines[1:6]}) == 1  # columns are aligned
    assert lines[6:9] == [
        "mean ± sample deviation over the seeds",
        "difference: test accuracy at the best epoch less that of plain on the same seeds",
        PAPER_MS,
    ]
    assert lines[9] == MEMORY
    assert PAPER_MS not in to_text(tabulate([experiment / "plain-20"]))


def test_markdown(experiment):
    lines = to_markdown(tabulate([experiment])).splitlines()
    assert lines[0] == "**Table 1. Made up**"
    assert lines[5] == "| MW-Net | 20 % | 80.0 ± 0.0 | 80.0 ± 0.0 | +15.0 ± 7.1 | 91.9 | 2 | 36.0 | 15.0 | 933 | 102 |"
    assert lines[2].count("|") == lines[3].count("|") == lines[5].count("|")
    assert lines[-1] == "- MW-Net, 40 %: trained on other labels than plain (seeds 0)"


def test_csv_holds_numbers_as_they_are(experiment):
    rows = list(csv.DictReader(io.StringIO(to_csv(tabulate([experiment])))))
    assert (rows[1]["group"], rows[1]["name"], rows[1]["seeds"]) == ("20 %", "MW-Net", "0 1")
    assert float(rows[1]["difference_mean"]) == pytest.approx(0.15)
    assert rows[0]["difference_mean"] == rows[3]["difference_deviation"] == ""
    assert int(rows[1]["peak_memory_bytes"]) == 102 * MIB


def test_command(experiment, capsys):
    assert program.main(["compare", str(experiment), "--format", "csv"]) == 0
    assert capsys.readouterr().out == to_csv(tabulate([experiment]))


@pytest.mark.parametrize(
    ("write", "message"),
    [
        (lambda folder: None, "no experiment"),
        (lambda folder: (folder / NAME).write_text("{}"), r"experiment\.json: damaged"),
        (lambda folder: (folder / NAME).write_text('{"cells": [{"name": 1}]}'), r"experiment\.json: damaged: missing"),
        (
            lambda folder: (folder / NAME).write_text(
                '{"title": "", "shows": "", "measure": "best", "reference": "a", "cells": []}'
            ),
            "nothing has begun there",
        ),
    ],
)
def test_what_cannot_be_compared_is_one_line(tmp_path, capsys, write, message):
    write(tmp_path)
    with pytest.raises(RunError, match=message):
        compare([tmp_path])
    assert program.main(["compare", str(tmp_path)]) == 1
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_no_folder_is_refused(capsys):
    assert program.main(["compare"]) == 2
    assert "expected a folder" in capsys.readouterr().err


def test_folders_of_one_name_are_told_apart(tmp_path):
    for parent, accuracy in (("first", 0.5), ("second", 0.75)):
        write_run(tmp_path / parent / "run", MWNET, {("mwnet", seed): [accuracy, accuracy] for seed in (0, 1)})
    folders = [tmp_path / "first" / "run", tmp_path / "second" / "run"]
    assert [(row.name, row.final.mean) for row in tabulate(folders).rows] == [
        (f"{folders[0]}: MW-Net, every layer", 0.5),
        (f"{folders[1]}: MW-Net, every layer", 0.75),
    ]


def test_experiments_that_share_names_have_a_reference_each(experiment):
    other = experiment.with_name("again")
    shutil.copytree(experiment, other)
    table = tabulate([experiment, other, experiment])
    assert len(table.rows) == 8
    assert [row.group for row in table.rows[::2]] == ["table1, 20 %", "table1, 40 %", "again, 20 %", "again, 40 %"]
    assert table.rows[5].difference == approx(0.15, 0.005**0.5)
    assert [row.group for row in tabulate([experiment, experiment]).rows[::2]] == ["20 %", "40 %"]


def test_titles_of_all_experiments_are_given(experiment):
    other = experiment.with_name("other")
    other.mkdir()
    write_run(other / "cell", MWNET, {("mwnet", 0): [0.5, 0.5]})
    Layout("Table 9", "", "best", "own", (Cell("own", "own", None, "cell", None, None),)).write(other)
    assert tabulate([experiment, other]).title == "Table 1. Made up; Table 9"
