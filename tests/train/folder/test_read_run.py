"""A run's folder read back is what was trained, finished or not."""

import json

import numpy as np
import pytest
from train.conftest import with_options

from famus_ext.data import NoisyData
from famus_ext.train.config import Config
from famus_ext.train.experiment import run_experiment
from famus_ext.train.folder.example_table import read_example_table, write_example_table
from famus_ext.train.folder.read_run import RunError, read_run
from famus_ext.train.folder.run_folder import RunFolder
from famus_ext.train.trainer import Trainer


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    from train.conftest import SMALL

    config = with_options(SMALL, method="mwnet", sampler="last", epochs=2)
    folder = RunFolder.create(tmp_path_factory.mktemp("read") / "run", config, ("--method", "mwnet"))
    return config, folder, run_experiment(config, folder)


def test_what_is_read_is_what_was_trained(finished):
    config, folder, results = finished
    run = read_run(folder.path)
    assert (run.path, run.config, run.is_finished) == (folder.path, config, True)
    assert run.origin["command"].endswith("train --method mwnet")
    assert run.summary["methods"].keys() == {"ce", "mwnet"}
    assert run.histories == {(result.method, result.seed): result.history for result in results}
    assert run.layers == results[1].layers
    assert len(run.layers) == len(results[1].history[0].gate_rates)
    assert run.seeds("ce") == (0,)


def test_tables_hold_every_example(finished):
    _, folder, results = finished
    run = read_run(folder.path)
    for result in results:
        table = run.examples(0, result.method)
        assert table.weight == pytest.approx(result.weights.numpy(), rel=1e-5)
        assert table.loss == pytest.approx(result.losses.numpy(), rel=1e-5)
        assert (table.predicted_label == result.predictions.labels.numpy()).all()
        assert (table.wrong == result.groups["wrong"].numpy()).all()
        assert ((table.given_label != table.true_label) == table.wrong).all()
        assert table.name is None
        right = table.predicted_label == table.given_label
        assert (table.predicted_probability[right] == table.given_probability[right]).all()
    assert (run.examples(0).index == run.examples(0, "ce").index).all()
    assert (run.examples(0, "ce").weight == 1.0).all()


def test_records_hold_time_memory_and_test_loss(finished):
    history = read_run(finished[1].path).histories["mwnet", 0]
    assert all(0 < record.test_loss < 10 for record in history)
    assert all(record.seconds == pytest.approx(2e-3 * record.ms_per_step) for record in history)  # two steps
    assert history[0].peak_memory_bytes > 2**20
    assert history[1].peak_memory_bytes >= history[0].peak_memory_bytes


def test_an_experiment_can_be_read_while_it_runs(make_trainer, tmp_path):
    trainer = make_trainer("l2r")
    folder = RunFolder.create(tmp_path / "run", trainer.config)
    assert read_run(folder.path).histories == {}
    trainer.train_epoch()
    folder.save_epoch(trainer)
    with folder.metrics.path.open("a") as file:
        file.write('{"method": "l2r", "seed"')
    run = read_run(folder.path)
    assert (run.summary, run.layers) == (None, ())
    assert run.histories == {("l2r", 0): tuple(trainer.history)}
    with pytest.raises(RunError, match=r"examples_l2r_seed0\.csv: not there yet"):
        run.examples(0)


def test_options_that_are_newer_than_the_run_have_their_defaults(finished):
    config, folder, _ = finished
    whole = folder.config.read_text()
    stored = json.loads(whole)
    del stored["data"]["noise_key"], stored["recovery"]
    folder.config.write_text(json.dumps(stored))
    assert read_run(folder.path).config == config
    folder.config.write_text(json.dumps({**stored, "data": {**stored["data"], "to_come": 1}}))
    with pytest.raises(RunError, match=r"config\.json: .*unknown \['to_come'\]"):
        read_run(folder.path)
    folder.config.write_text(whole)


def test_what_nobody_knows_is_none(make_trainer, tmp_path):
    trainer: Trainer = make_trainer("ce")
    data, path = trainer.data, tmp_path / "examples.csv"
    names = [f'"{index}", of a, b\n.png' for index in range(len(data.train))]
    named = type(data.train)(**{**vars(data.train), "names": names})
    unknown = NoisyData(named, data.meta, data.test, None, data.indices)
    trainer.groups = {}
    write_example_table(path, unknown, trainer.result())
    table = read_example_table(path)
    assert (table.true_label, table.wrong) == (None, None)
    assert table.name == tuple(names)
    assert (table.index == data.indices.numpy()).all()
    assert len(table) == len(names)
    assert table.loss.dtype == np.float64


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "not enough values"),
        ("index,weight\n1\n", "expected 2 values a line"),
        ("index,weight\n1,2\n", "expected a column given_label"),
        ("index\nx\n", "index: expected numbers"),
    ],
)
def test_damaged_tables_are_refused(finished, content, message):
    _, folder, _ = finished
    path = folder.examples("ce", 0)
    whole = path.read_text()
    path.write_text(content)
    with pytest.raises(RunError, match=f"{path.name}: damaged: .*{message}"):
        read_run(folder.path).examples(0, "ce")
    path.write_text(whole)


def test_strange_layers_are_refused(finished):
    _, folder, _ = finished
    whole = folder.layers.read_text()
    folder.layers.write_text(json.dumps({"layers": [1]}))
    with pytest.raises(RunError, match=r"layers\.json: damaged: expected a list of names"):
        read_run(folder.path)
    folder.layers.write_text(whole)


def test_what_is_no_run_is_refused_with_what_to_name(tmp_path):
    with pytest.raises(RunError, match="no experiment: there is no such folder"):
        read_run(tmp_path / "nowhere")
    with pytest.raises(RunError, match=r"no experiment: .*; name a folder that train has made, its --out"):
        read_run(tmp_path)
    RunFolder.create(tmp_path / "digits", Config())
    with pytest.raises(RunError, match=r"no experiment, but it holds digits; name one of them, .*digits say"):
        read_run(tmp_path)
