"""Files of experiments: which cells they make, with which options, and what is wrong with them."""

import pytest

from famus_ext.sweep.cells import layout, plan, selected
from famus_ext.sweep.experiment_file import read_experiment
from famus_ext.train.options.check import OptionError

from .conftest import TWO_BY_TWO

MINIMAL = "title: t\nshows: s\ndata: {digits: {}}\nrows: [{name: a}]\n"


def test_cells_are_rows_times_the_columns_that_they_have(write):
    experiment = read_experiment(write(TWO_BY_TWO))
    cells = [one.cell for one in plan(experiment, "digits")]
    assert [(cell.name, cell.folder) for cell in cells] == [
        ("plain, 20 %", "plain-20"),
        ("plain, 40 %", "plain-40"),
        ("MW-Net + FaMUS, 20 %", "mw-net-plus-famus-20"),
    ]
    assert [(cell.paper, cell.paper_ms) for cell in cells] == [(None, None), (None, None), (91.9, 284.0)]
    made = layout(experiment, plan(experiment, "digits"))
    assert (made.title, made.shows, made.measure, made.reference) == ("Made up", "Nothing at all.", "best", "plain")
    assert made.cells == tuple(cells)


def test_later_options_win(write):
    """Common ones, the data set's, the row's, the row's for the data set, the column's, the command line's."""
    plain, more, famus = (one.config for one in plan(read_experiment(write(TWO_BY_TWO)), "digits"))
    assert [config.optimizer.lr for config in (plain, more, famus)] == [0.2, 0.4, 0.3]
    assert [config.data.noise_rate for config in (plain, more, famus)] == [0.2, 0.4, 0.2]
    assert (famus.meta_model.meta_lr, famus.data.num_meta, famus.method) == (0.5, 50, "mwnet")
    assert not famus.baseline
    other = plan(read_experiment(write(TWO_BY_TWO)), "digits", ["--lr", "0.7", "--seeds", "3", "4"])
    assert {(one.config.optimizer.lr, one.config.seeds) for one in other} == {(0.7, (3, 4))}
    assert other[0].words[-5:] == ["--lr", "0.7", "--seeds", "3", "4"]


def test_another_data_set_takes_its_own_or_the_common_options(write):
    path = write(TWO_BY_TWO.replace("num-test: 1500, ", ""))
    _, _, famus = plan(read_experiment(path), "fashion-mnist")
    assert (famus.config.data.dataset, famus.config.data.num_train) == ("fashion-mnist", 500)
    assert (famus.config.meta_model.meta_lr, famus.cell.paper) == (None, None)
    _, _, famus = plan(read_experiment(path), "cifar10", ["--data-path", "there"])
    assert (famus.config.data.dataset, famus.config.data.num_train) == ("cifar10", None)


def test_rows_alone_are_cells(write):
    text = "title: t\nshows: s\nrows: [{name: a, paper: {digits: 90}}, {name: b}]"
    cells = [one.cell for one in plan(read_experiment(write(text)), "digits")]
    assert [(cell.name, cell.column, cell.paper) for cell in cells] == [("a", None, 90.0), ("b", None, None)]


@pytest.mark.parametrize(
    ("names", "chosen"),
    [
        ((), ["plain-20", "plain-40", "mw-net-plus-famus-20"]),
        (("plain",), ["plain-20", "plain-40"]),
        (("20 %",), ["plain-20", "mw-net-plus-famus-20"]),
        (("plain-40", "MW-Net + FaMUS, 20 %"), ["plain-40", "mw-net-plus-famus-20"]),
    ],
)
def test_cells_are_named_by_cell_row_column_or_folder(write, names, chosen):
    planned = plan(read_experiment(write(TWO_BY_TWO)), "digits")
    assert [one.cell.folder for one in selected(planned, names)] == chosen


def test_a_name_that_no_cell_has(write):
    planned = plan(read_experiment(write(TWO_BY_TWO)), "digits")
    with pytest.raises(OptionError, match=r"--only: expected .*'plain, 20 %', .*; got '60 %'"):
        selected(planned, ["60 %"])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- a", "expected named values"),
        (MINIMAL + "cells: []", "expected some of columns, .*title, got cells"),
        (MINIMAL.replace("title: t\n", ""), "title: expected text, got None"),
        ("title: t\nshows: s", "rows: expected at least one"),
        (
            MINIMAL.replace("[{name: a}]", "[{name: a, data: {digit: {lr: 1}}}]"),
            "rows: a: expected data sets of digits, got digit",
        ),
        (MINIMAL + "columns: 3", "columns: expected a list, got 3"),
        (MINIMAL + "columns: [a]", "columns: expected named values, got 'a'"),
        (MINIMAL + "columns: [{name: a}, {name: a}]", "columns: expected different names, got a, a"),
        (MINIMAL + "measure: mean", "measure: expected best or final, got 'mean'"),
        (MINIMAL + "reference: b", "reference: expected the name of a row, got 'b'"),
        (MINIMAL + "options: {nois-rate: 1}", "options: nois-rate: no such option; noise-rate is one"),
        (MINIMAL.replace("{digits: {}}", "[digits]"), "data: expected data sets with their options"),
        (MINIMAL.replace("{name: a}", "{name: a, options: {lr: x}}"), "rows: a: options: lr: expected a number"),
        (MINIMAL.replace("{name: a}", "{name: a, columns: [b]}"), "rows: a: columns: expected some of"),
        (MINIMAL.replace("{name: a}", "{name: a, paper: 3}"), "rows: a: paper: expected data sets"),
        (MINIMAL.replace("{name: a}", "{name: a, paper: {digits: x}}"), "paper: digits: expected a number, got 'x'"),
        (MINIMAL.replace("{name: a}", "{name: a, paper-ms: true}"), "paper-ms: expected a number, got True"),
        (MINIMAL.replace("{name: a}", "{name: a, time: 3}"), "rows: expected some of .*, got time"),
        (
            MINIMAL.replace("{name: a}", "{name: a, paper: {digits: 3}}") + "columns: [{name: b}]",
            "paper: digits: expected a percentage for each column, got 3",
        ),
        (
            MINIMAL.replace("{name: a}", "{name: a, paper: {digits: {c: 3}}}") + "columns: [{name: b}]",
            "paper: digits: expected some of b, got c",
        ),
    ],
)
def test_a_wrong_file_is_refused_by_name(write, text, message):
    with pytest.raises(OptionError, match=rf"made-up\.yaml: .*{message}|made-up\.yaml: {message}"):
        read_experiment(write(text))


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("[{name: a, options: {lr: -1}}]", "made-up.yaml: a: --lr: expected a positive number, got -1"),
        ("[{name: a b}, {name: A-B}]", "cells that would share the folder a-b"),
    ],
)
def test_cells_that_cannot_be_are_refused(write, rows, message):
    experiment = read_experiment(write(MINIMAL.replace("[{name: a}]", rows)))
    with pytest.raises(OptionError, match=message):
        plan(experiment, "digits")


def test_a_column_with_a_data_set_of_its_own_is_not_another_data_set_s(write):
    columns = "columns: [{name: b, options: {dataset: cnwl-red-0.2}}]\n"
    experiment = read_experiment(write(MINIMAL.replace("digits", "cnwl") + columns))
    assert [one.config.data.dataset for one in plan(experiment, "cnwl")] == ["cnwl-red-0.2"]
    with pytest.raises(OptionError, match=r"--data: expected cnwl, since a, b is always on cnwl-red-0\.2, got digits"):
        plan(experiment, "digits")


def test_the_folder_is_the_sweeps_own_affair(write):
    with pytest.raises(OptionError, match="a: --resume: expected none here"):
        plan(read_experiment(write(MINIMAL)), "digits", ["--resume", "auto"])
