"""The experiments of the repository: the tables of the paper are there, every cell with options that are valid."""

from dataclasses import replace
from pathlib import Path

import pytest

from famus_ext.sweep.cells import plan
from famus_ext.sweep.experiment_file import read_experiment

FILES = sorted((Path(__file__).parents[2] / "experiments").glob("*.yaml"))


def narrowed(experiment):
    """Every row with the first column that it has, and the first row with every column: all options, fewer cells."""
    first = [column.name for column in experiment.columns][:1]
    rows = [replace(row, columns=(row.columns or tuple(first))[:1] or None) for row in experiment.rows[1:]]
    return replace(experiment, rows=(experiment.rows[0], *rows))


def test_every_table_of_the_paper_has_a_file():
    assert {f"table{number}" for number in range(1, 9)} <= {file.stem for file in FILES}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_options_are_valid_on_every_data_set(file):
    experiment = narrowed(read_experiment(file))
    for data in experiment.data:
        cells = plan(experiment, data)
        assert {one.cell.row for one in cells} == {row.name for row in experiment.rows}
        assert not any(one.config.baseline for one in cells), "a row is a method; plain training has one of its own"


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_figures_of_the_paper_belong_to_a_data_set_of_the_file(file):
    experiment = read_experiment(file)
    for row in experiment.rows:
        assert set(row.paper) <= set(experiment.data)
        assert all(1 < percentage < 100 for numbers in row.paper.values() for percentage in numbers.values())
