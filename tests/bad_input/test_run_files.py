"""Damaged files of a run: the error that belongs to them, or what they held; never another error."""

import copy
import json
import math

import pytest
import torch

from famus_ext.train.assembly.data import make_data
from famus_ext.train.config import Config, DataOptions, MachineOptions, MetaModelOptions, OptimizerOptions
from famus_ext.train.experiment import run_experiment
from famus_ext.train.folder.checkpoint import CheckpointError
from famus_ext.train.folder.collect import collect
from famus_ext.train.folder.metrics import Metrics
from famus_ext.train.folder.read_run import RunError, read_run
from famus_ext.train.folder.run_folder import RunFolder
from famus_ext.train.options.check import OptionError
from famus_ext.train.trainer import Trainer

from .damage import damaged

DAMAGES = range(40)
CONFIG = Config(
    data=DataOptions(num_test=1500),
    meta_model=MetaModelOptions(method="mwnet"),
    optimizer=OptimizerOptions(epochs=2),
    machine=MachineOptions(device="cpu"),
)
LEAVES = [(group, name) for group, values in CONFIG.to_dict().items() if isinstance(values, dict) for name in values]
STRANGE = [None, "", "x", -1, 0, 10**400, 1e308, math.nan, True, [], [None], {}, {"a": 1}]


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """The folder of a finished experiment, and every file's bytes."""
    threads, state = torch.get_num_threads(), torch.get_rng_state()
    folder = RunFolder.create(tmp_path_factory.mktemp("run") / "finished", CONFIG)
    run_experiment(CONFIG, folder)
    torch.set_num_threads(threads)
    torch.set_rng_state(state)
    return folder, {path: path.read_bytes() for path in folder.path.rglob("*") if path.is_file()}


@pytest.fixture
def folder(finished):
    """The folder, whole again after each test."""
    found, files = finished
    yield found
    for path in set(found.path.rglob("*")) - files.keys():
        if path.is_file():
            path.unlink()
    for path, content in files.items():
        path.write_bytes(content)


def outcome(call, error):
    """What a call returns, or the message of the error that it may raise."""
    try:
        return call(), ""
    except error as raised:
        return None, str(raised)


@pytest.mark.parametrize("seed", DAMAGES)
def test_config(folder, seed):
    """Options that can be read are checked against the checkpoint's later."""
    folder.config.write_bytes(damaged(folder.config.read_bytes(), seed))
    opened, message = outcome(lambda: RunFolder.open(folder.path), OptionError)
    if opened is None:
        assert message.startswith(f"--resume {folder.path}: ")
    else:
        assert json.loads(folder.config.read_bytes()) == json.loads(json.dumps(opened[1].to_dict()))


@pytest.mark.parametrize(("group", "name"), LEAVES)
def test_config_with_strange_values(folder, group, name):
    for value in STRANGE:
        options = copy.deepcopy(CONFIG.to_dict())
        options[group][name] = value
        try:
            config = Config.from_dict(json.loads(json.dumps(options)))
        except OptionError:
            continue
        assert getattr(getattr(config, group), name) in (
            value,
            tuple(value or ()) if isinstance(value, list) else value,
        )


@pytest.mark.parametrize("value", [*STRANGE, [[]]], ids=repr)
def test_config_that_is_something_else(value):
    with pytest.raises(OptionError, match=r"no object with named values|another version's, or damaged"):
        Config.from_dict(value)


@pytest.mark.parametrize("seed", DAMAGES)
def test_metrics(folder, seed):
    """Every run's records come back from its checkpoint, so the file ends as it was."""
    whole = folder.metrics.path.read_bytes()
    records = [json.loads(line) for line in whole.splitlines()]
    folder.metrics.path.write_bytes(damaged(whole, seed))
    for method, number in CONFIG.runs:
        history = [Plain(record) for record in records if (record["method"], record["seed"]) == (method, number)]
        Metrics(folder.metrics.path).restore((method, number), history, CONFIG.runs)
    assert folder.metrics.path.read_bytes() == whole


class Plain:
    """A record as it was read."""

    def __init__(self, values):
        self.values = values

    def to_dict(self):
        return self.values


@pytest.mark.parametrize("seed", DAMAGES)
@pytest.mark.parametrize("file", ["config", "origin", "summary", "metrics"])
def test_collect(folder, file, seed):
    path = folder.metrics.path if file == "metrics" else getattr(folder, file)
    path.write_bytes(damaged(path.read_bytes(), seed))
    collected, message = outcome(lambda: collect([folder.path]), RunError)
    if collected is None:
        assert str(path) in message
    else:
        assert collected["experiments"][0]["runs"] or file == "metrics"


@pytest.mark.parametrize("seed", DAMAGES)
@pytest.mark.parametrize("file", ["config", "origin", "summary", "layers", "metrics"])
def test_read_run(folder, file, seed):
    path = folder.metrics.path if file == "metrics" else getattr(folder, file)
    path.write_bytes(damaged(path.read_bytes(), seed))
    run, message = outcome(lambda: read_run(folder.path), RunError)
    assert str(path) in message if run is None else run.config.method == "mwnet" or file == "config"


@pytest.mark.parametrize("seed", DAMAGES)
def test_table_of_examples(folder, seed):
    path, run = folder.examples("mwnet", 0), read_run(folder.path)
    path.write_bytes(damaged(path.read_bytes(), seed))
    table, message = outcome(lambda: run.examples(0), RunError)
    assert str(path) in message if table is None else len(table) == len(table.weight) == len(table.given_label)


@pytest.fixture(scope="module")
def trainer():
    state = torch.get_rng_state()
    made = Trainer(CONFIG, "mwnet", 0, make_data(CONFIG.data, 0), torch.device("cpu"))
    torch.set_rng_state(state)
    return made


@pytest.mark.parametrize("seed", DAMAGES)
def test_newest_checkpoint(folder, trainer, seed):
    checkpoints = folder.checkpoints("mwnet", 0)
    newest = checkpoints.files()[-1]
    newest.write_bytes(damaged(newest.read_bytes(), seed))
    (problem,) = checkpoints.load(trainer)
    assert problem.startswith(f"{newest}: damaged: expected SHA-256")
    assert trainer.epoch == 1


@pytest.mark.parametrize("seed", DAMAGES)
def test_every_checkpoint(folder, trainer, seed):
    checkpoints = folder.checkpoints("mwnet", 0)
    for path in checkpoints.files():
        path.write_bytes(damaged(path.read_bytes(), seed))
    with pytest.raises(CheckpointError, match="no other is left"):
        checkpoints.load(trainer)
