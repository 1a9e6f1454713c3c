"""What the images' owner calls them comes out again, beside the weights."""

import csv
from dataclasses import replace

import torch

from famus_ext.data import LabelledImages, NoisyData
from famus_ext.train.folder.example_table import read_example_table, write_example_table

from .made_up import run


def test_ids_are_a_column_of_the_table(tmp_path):
    train = LabelledImages(torch.zeros(2, 1, 2, 2), torch.tensor([1, 0]), 2, names=("a.png", "b.png"), ids=("x7", "x8"))
    data = NoisyData(train, train, train, None, torch.tensor([3, 5]))
    write_example_table(tmp_path / "with.csv", data, run("ce", 0, 0.5))
    write_example_table(tmp_path / "without.csv", replace(data, train=replace(train, ids=None)), run("ce", 0, 0.5))
    with (tmp_path / "with.csv").open(newline="") as file:
        assert [row["id"] for row in csv.DictReader(file)] == ["x7", "x8"]
    assert "id" not in (tmp_path / "without.csv").read_text().splitlines()[0].split(",")
    assert read_example_table(tmp_path / "with.csv").name == ("a.png", "b.png")
