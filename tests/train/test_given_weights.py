"""`--example-weights`: what a file may hold, and what training makes of it."""

import pytest
import torch

from famus_ext.train.assembly.data import make_data
from famus_ext.train.config import Config, DataOptions, MetaModelOptions
from famus_ext.train.folder.checkpoint import CheckpointError, restore, to_bytes
from famus_ext.train.given_weights import read_weights
from famus_ext.train.options.check import OptionError

from .command import records, train


@pytest.fixture(scope="module")
def data():
    return make_data(DataOptions(num_test=1500, num_train=7), seed=0)


def write(path, rows, header="index,weight"):
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


def test_weights_in_the_order_of_the_examples(tmp_path, data):
    indices = data.indices.tolist()
    rows = [f"{index},{position / 2}" for position, index in enumerate(indices)]
    path = write(tmp_path / "weights.csv", [*reversed(rows), "99999,7"])
    assert read_weights(path, data).tolist() == [position / 2 for position in range(len(indices))]


def test_other_columns_and_an_index_of_pandas_do_no_harm(tmp_path, data):
    rows = [f"{row},{index},cat,0.5" for row, index in enumerate(data.indices.tolist())]
    path = write(tmp_path / "weights.csv", rows, header=",index,label,weight")
    assert read_weights(path, data).tolist() == [0.5] * len(data.train)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda rows: rows[1:], "has no weight for 1 of 7 training examples, the first of index"),
        (lambda rows: [*rows, rows[0]], "line 9: expected an example once, got index"),
        (lambda rows: [*rows, "x,-1"], "line 9: expected a finite weight of at least 0, got -1"),
        (lambda rows: [*rows, "x,nan"], "line 9: expected a finite weight of at least 0, got nan"),
        (lambda rows: [*rows, "x"], "line 9: expected a finite weight of at least 0, got none"),
        (lambda rows: [row.replace(",1", ",0") for row in rows], "expected a weight above 0, got 0 for every"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused(tmp_path, data, change, message):
    path = write(tmp_path / "weights.csv", change([f"{index},1" for index in data.indices.tolist()]))
    with pytest.raises(OptionError, match=rf"--example-weights .*weights\.csv.*{message}"):
        read_weights(path, data)


def test_missing_columns_and_files_are_refused(tmp_path, data):
    with pytest.raises(OptionError, match="expected the columns weight, and index or name, got id, weight"):
        read_weights(write(tmp_path / "weights.csv", [], header="id,weight"), data)
    with pytest.raises(OptionError, match="expected each column once, got index, weight, weight"):
        read_weights(write(tmp_path / "weights.csv", [], header="index,weight,weight"), data)
    with pytest.raises(OptionError, match="cannot be read"):
        read_weights(tmp_path / "none.csv", data)


@pytest.mark.parametrize("options", [{"method": "mlc"}, {"method": "mwnet", "class_groups": 2}])
def test_methods_that_cannot_are_refused(options):
    with pytest.raises(OptionError, match="--example-weights: not with"):
        MetaModelOptions(example_weights="weights.csv", **options)


def test_not_with_a_pseudo_clean_meta_set():
    with pytest.raises(OptionError, match="--example-weights: expected none with --meta-set pseudo-clean"):
        Config(data=DataOptions(meta_set="pseudo-clean"), meta_model=MetaModelOptions("mwnet", example_weights="w.csv"))


def test_examples_of_weight_zero_are_not_learned(make_trainer, tmp_path):
    """Two plain runs that differ in the labels of such examples alone take the same steps."""
    trainer = make_trainer("ce")
    indices = trainer.data.indices.tolist()
    path = write(tmp_path / "weights.csv", [f"{index},{position % 2}" for position, index in enumerate(indices)])
    runs = []
    for change in (0, 1):
        run = make_trainer("ce", example_weights=str(path))
        labels = run.data.train.labels
        labels[::2] = (labels[::2] + change) % 10
        run.regime._batches._targets[::2, 0] = labels[::2].double()
        run.train_epoch()
        runs.append(torch.cat([p.detach().flatten() for p in run.model.parameters()]))
    plain = make_trainer("ce")
    plain.train_epoch()
    assert torch.equal(runs[0], runs[1])
    assert not torch.equal(runs[0], torch.cat([p.detach().flatten() for p in plain.model.parameters()]))


def test_training_again_on_the_weights_of_a_run(tmp_path):
    assert train("--method", "mwnet", "--sampler", "last", "--out", tmp_path / "first") == 0
    table = tmp_path / "first" / "examples_mwnet_seed0.csv"
    assert train("--method", "ce", "--example-weights", table, "--out", tmp_path / "again") == 0
    first, again = (records(tmp_path / name) for name in ("first", "again"))
    assert [r["train_loss"] for r in again] != [r["train_loss"] for r in first if r["method"] == "ce"]


def test_other_weights_of_the_same_file_do_not_go_on(make_trainer, tmp_path):
    """A run resumes by the file's path; what is in it may have changed since."""
    indices = make_trainer("ce").data.indices.tolist()
    path = write(tmp_path / "weights.csv", [f"{index},1" for index in indices])
    content = to_bytes(make_trainer("ce", example_weights=str(path)))
    restore(content, "run.pt", make_trainer("ce", example_weights=str(path)))
    write(path, [f"{index},{1 + (position == 3)}" for position, index in enumerate(indices)])
    changed = make_trainer("ce", example_weights=str(path))
    with pytest.raises(CheckpointError, match=r"run\.pt: --example-weights: expected the weights that the run"):
        restore(content, "run.pt", changed)
