"""The folder of an experiment: what lies where.

::

    origin.json                     the command, the commit and the versions that it began with
    config.json                     the options, resolved; where it is, an experiment has begun
    config.yaml                     the same, for --config
    layers.json                     names of the layers that the method gates
    phases.json                     seconds by phase of the meta steps, of --profile-phases
    metrics.jsonl                   a record an epoch, method and seed
    checkpoints/<method>_seed<n>/   the last few states of a run, see `checkpoint_folder`
    labels_seed<n>.json             the labels trained on, with their hash, for --noise-type file
    examples_<method>_seed<n>.csv   a line a training example: labels, learned weight, loss, prediction
    accuracy.png                    test accuracy by epoch
    weights.png                     the learned weights, where the method has some
    weight-function.png             the learned weight function, of mwnet
    layers.png                      the active layers by epoch, where they change
    tensorboard/<method>_seed<n>/   the records for TensorBoard, with --tensorboard
    summary.json                    final and best accuracy, mean and deviation over the seeds
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from famus_ext.data import NoisyData, saved_labels
from famus_ext.train.config import Config
from famus_ext.train.config_file import to_yaml
from famus_ext.train.folder.checkpoint_folder import CheckpointFolder
from famus_ext.train.folder.example_table import write_example_table
from famus_ext.train.folder.files import atomic_write, remove_leftovers
from famus_ext.train.folder.metrics import Metrics
from famus_ext.train.folder.origin import origin
from famus_ext.train.options.check import OptionError
from famus_ext.train.options.meta_model import Method
from famus_ext.train.recording.records import RunResult, summarise
from famus_ext.train.trainer import Trainer

DEFAULT_PARENT = Path("runs")


class RunFolder:
    """Files of one experiment. `create` and `open` make one.

    Args:
        path: The folder.
        writes: Whether this process writes into it; of several it is one, and all read.
    """

    def __init__(self, path: Path, *, writes: bool = True) -> None:
        self.path = path
        self.writes = writes
        self.config = path / "config.json"
        self.origin = path / "origin.json"
        self.metrics = Metrics(path / "metrics.jsonl")
        self.layers = path / "layers.json"
        self.phases = path / "phases.json"
        self.summary = path / "summary.json"
        self.accuracy_picture = path / "accuracy.png"
        self.weights_picture = path / "weights.png"
        self.weight_function_picture = path / "weight-function.png"
        self.layers_picture = path / "layers.png"

    @classmethod
    def create(cls, path: Path | None, config: Config, arguments: Sequence[str] = ()) -> RunFolder:
        """Makes a new folder and writes the options into it, and where they come from.

        Args:
            path: The folder; None for the next free number, `runs/<data set>-<method>-001`.
            config: The experiment's options.
            arguments: The command line that gave them.

        Raises:
            OptionError: when it holds files already or cannot be written.
        """
        try:
            if path is None:
                path = _next_free(DEFAULT_PARENT, numbered_name(config))
            path.mkdir(parents=True, exist_ok=True)
            folder = cls(path)
            remove_leftovers(path)
            # A crash between the two files below leaves the first; nothing has begun then.
            if any(entry != folder.origin for entry in path.iterdir()):
                raise OptionError(
                    f"--out {path}: holds files already; name a new folder, or continue it by --resume {path}"
                )
            _write_json(folder.origin, origin(arguments))
            folder.write_config(config)
        except OSError as error:
            raise OptionError(f"--out {path or DEFAULT_PARENT}: cannot be written: {error.strerror}") from error
        return folder

    @classmethod
    def open(cls, path: Path, *, writes: bool = True) -> tuple[RunFolder, Config]:
        """An experiment's folder and its options.

        Raises:
            OptionError: when there is none, or its options are another version's.
        """
        folder = cls(path, writes=writes)
        try:
            return folder, Config.from_dict(json.loads(folder.config.read_text(encoding="utf-8")))
        except OSError as error:
            raise OptionError(f"--resume {path}: no experiment there: {folder.config}: {error.strerror}") from error
        except ValueError as error:
            raise OptionError(f"--resume {path}: {folder.config.name} cannot be used: {error}") from error

    @property
    def has_begun(self) -> bool:
        """Whether there is an experiment to go on with."""
        return self.config.exists()

    @property
    def is_finished(self) -> bool:
        """Whether every run has been trained and summarised."""
        return self.summary.exists()

    def take_options(self, config: Config) -> None:
        """Writes the options; the summary of an experiment that is now to be trained for longer goes."""
        if not self.writes:
            return
        _, stored = RunFolder.open(self.path)
        if config.optimizer.epochs > stored.optimizer.epochs:
            self.summary.unlink(missing_ok=True)
        self.write_config(config)

    def checkpoints(self, method: Method, seed: int) -> CheckpointFolder:
        """Where a run's states lie."""
        return CheckpointFolder(self.path / "checkpoints" / f"{method}_seed{seed}")

    def examples(self, method: Method, seed: int) -> Path:
        """Where a run's table of training examples lies, see `example_table`."""
        return self.path / f"examples_{method}_seed{seed}.csv"

    def tensorboard(self, method: Method, seed: int) -> Path:
        """Where a run's log for TensorBoard lies."""
        return self.path / "tensorboard" / f"{method}_seed{seed}"

    def write_labels(self, seed: int, data: NoisyData) -> None:
        """Writes the labels that a seed's runs train on, by the images' positions in the published training set."""
        if not self.writes:
            return
        with atomic_write(self.path / f"labels_seed{seed}.json") as file:
            json.dump(saved_labels(data.train.labels, data.indices), file)

    def write_config(self, config: Config) -> None:
        """Writes the options, in both forms."""
        if self.writes:
            _write_json(self.config, config.to_dict())
            with atomic_write(self.path / "config.yaml") as file:
                file.write(to_yaml(config))

    def write_layers(self, names: Sequence[str]) -> None:
        """Writes the names of the gated layers, in the order of the records' `gate_rates`."""
        if self.writes:
            _write_json(self.layers, {"layers": list(names)})

    def restore(self, trainer: Trainer) -> list[str]:
        """Brings `trainer` to its newest whole checkpoint, where there is one, and its records into the metrics.

        Nothing is written before the checkpoint has been read.

        Returns:
            What is wrong with the checkpoints that were passed over.

        Raises:
            CheckpointError: see `CheckpointFolder.load`.
        """
        damaged = self.checkpoints(trainer.method, trainer.seed).load(trainer)
        if self.writes:
            self.metrics.restore((trainer.method, trainer.seed), trainer.history, trainer.config.runs)
        return damaged

    def save_checkpoint(self, trainer: Trainer) -> None:
        """Writes a checkpoint, at any step."""
        if self.writes:
            self.checkpoints(trainer.method, trainer.seed).save(trainer, trainer.config.recovery.keep_checkpoints)

    def save_epoch(self, trainer: Trainer) -> None:
        """Writes the checkpoint, then the last epoch's record; after a crash between the two `restore` adds it."""
        self.save_checkpoint(trainer)
        if self.writes:
            self.metrics.append(trainer.history[-1])

    def write_examples(self, data: NoisyData, result: RunResult) -> None:
        """Writes a line a training example of a finished run, see `example_table`."""
        if self.writes:
            write_example_table(self.examples(result.method, result.seed), data, result)

    def write_summary(self, results: list[RunResult]) -> None:
        """Writes mean and deviation by method, and what labels each seed trained on."""
        if not self.writes:
            return
        labels = {
            result.seed: {
                "actual_noise_rate": result.history[-1].actual_noise_rate,
                "labels_hash": result.history[-1].labels_hash,
            }
            for result in results
        }
        methods = {
            method: {name: asdict(spread) for name, spread in spreads.items()}
            for method, spreads in summarise(results).items()
        }
        _write_json(self.summary, {"methods": methods, "labels_by_seed": labels})


def numbered_name(config: Config) -> str:
    """What the folder of an experiment is called, before its number, where nobody names it."""
    return f"{config.data.dataset}-{config.method}"


def _next_free(parent: Path, name: str) -> Path:
    """The first of `name-001`, `name-002`, ... that was not there, made."""
    parent.mkdir(parents=True, exist_ok=True)
    number = 1
    while True:
        path = parent / f"{name}-{number:03d}"
        try:
            path.mkdir()
        except FileExistsError:
            number += 1
        else:
            return path


def _write_json(path: Path, content: dict[str, Any]) -> None:
    with atomic_write(path) as file:
        json.dump(content, file, indent=2)
        file.write("\n")
