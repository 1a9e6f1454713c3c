"""The folder of an experiment: what lies where.

::

    config.json                     the options, resolved
    origin.json                     the command, the commit and the versions that it began with
    metrics.jsonl                   a record an epoch, method and seed
    checkpoint_<method>_seed<n>.pt  the state after the last epoch
    weights_seed<n>.csv             the learned weight of every training example
    accuracy.png                    test accuracy by epoch
    weights.png                     the learned weights, where the method has some
    weight-function.png             the learned weight function, of mwnet
    layers.png                      the active layers by epoch, where they change
    summary.json                    final and best accuracy, mean and deviation over the seeds
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from famus_ext.train.checkpoint import load_checkpoint, save_checkpoint
from famus_ext.train.config import Config
from famus_ext.train.files import atomic_write
from famus_ext.train.options.check import OptionError
from famus_ext.train.options.meta_model import Method
from famus_ext.train.origin import origin
from famus_ext.train.records import EpochRecord, RunResult, summarise
from famus_ext.train.trainer import Trainer

DEFAULT_PARENT = Path("runs")


class RunFolder:
    """Files of one experiment. `create` and `open` make one."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.config = path / "config.json"
        self.origin = path / "origin.json"
        self.metrics = path / "metrics.jsonl"
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
                path = _next_free(DEFAULT_PARENT, f"{config.data.dataset}-{config.method}")
            path.mkdir(parents=True, exist_ok=True)
            if any(path.iterdir()):
                raise OptionError(
                    f"--out {path}: holds files already; name a new folder, or continue it by --resume {path}"
                )
            folder = cls(path)
            folder.write_config(config)
            _write_json(folder.origin, origin(arguments))
        except OSError as error:
            raise OptionError(f"--out {path}: cannot be written: {error.strerror}") from error
        return folder

    @classmethod
    def open(cls, path: Path) -> tuple[RunFolder, Config]:
        """An experiment's folder and its options.

        Raises:
            OptionError: when there is none, or its options are another version's.
        """
        folder = cls(path)
        try:
            return folder, Config.from_dict(json.loads(folder.config.read_text(encoding="utf-8")))
        except OSError as error:
            raise OptionError(f"--resume {path}: no experiment there: {folder.config}: {error.strerror}") from error
        except ValueError as error:
            raise OptionError(f"--resume {path}: {folder.config.name} cannot be used: {error}") from error

    def checkpoint(self, method: Method, seed: int) -> Path:
        """Where a run's state lies."""
        return self.path / f"checkpoint_{method}_seed{seed}.pt"

    def example_weights(self, seed: int) -> Path:
        """Where the examples' weights lie."""
        return self.path / f"weights_seed{seed}.csv"

    def write_config(self, config: Config) -> None:
        """Writes the options."""
        _write_json(self.config, config.to_dict())

    def restore(self, trainer: Trainer) -> None:
        """Brings `trainer` to its last checkpoint, where there is one, and its records into `metrics.jsonl`."""
        checkpoint = self.checkpoint(trainer.method, trainer.seed)
        if checkpoint.exists():
            load_checkpoint(checkpoint, trainer)
            self.append(trainer.history)

    def save(self, trainer: Trainer) -> None:
        """Writes the checkpoint, then the last epoch's record; after a crash between the two `restore` adds it."""
        save_checkpoint(self.checkpoint(trainer.method, trainer.seed), trainer)
        self.append(trainer.history[-1:])

    def start_metrics(self) -> None:
        """Empties `metrics.jsonl`: checkpoints hold the records of what was trained before."""
        with atomic_write(self.metrics):
            pass

    def append(self, records: Iterable[EpochRecord]) -> None:
        """Adds lines to `metrics.jsonl`."""
        with self.metrics.open("a", encoding="utf-8") as file:
            file.writelines(json.dumps(record.to_dict()) + "\n" for record in records)

    def write_example_weights(self, trainer: Trainer) -> None:
        """Writes a line a training example: its index in the source set, labels, weight and final loss.

        The weight is the mean of `ExampleWeights` over the last epochs, 1 = plain training.
        """
        data, result = trainer.data, trainer.result()
        unknown = [""] * len(result.losses)
        columns = {
            "index": data.indices.tolist(),
            "given_label": data.train.labels.tolist(),
            "true_label": unknown if data.true_labels is None else data.true_labels.tolist(),
            "wrong": result.groups["wrong"].int().tolist() if "wrong" in result.groups else unknown,
            "weight": [f"{weight:.6g}" for weight in result.weights.tolist()],
            "loss": [f"{loss:.6g}" for loss in result.losses.tolist()],
        }
        with atomic_write(self.example_weights(trainer.seed)) as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(columns)
            writer.writerows(zip(*columns.values(), strict=True))

    def write_summary(self, results: list[RunResult]) -> None:
        """Writes mean and deviation by method, and what labels each seed trained on."""
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


def check_unchanged(stored: Config, wanted: Config) -> None:
    """Refuses to continue an experiment under other options; epochs may be raised and the machine may change.

    Raises:
        OptionError: naming every option that differs.
    """
    before, after = stored.numeric_options(), wanted.numeric_options()
    before.update(seeds=stored.seeds, baseline=stored.baseline)
    after.update(seeds=wanted.seeds, baseline=wanted.baseline)
    differing = [name for name in before if before[name] != after[name]]
    if differing:
        changes = ", ".join(f"{_flag(name)} was {before[name]}, now {after[name]}" for name in differing)
        raise OptionError(f"--resume: an experiment goes on with its own options: {changes}")
    if wanted.optimizer.epochs < stored.optimizer.epochs:
        raise OptionError(
            f"--resume: --epochs may be raised, not lowered: was {stored.optimizer.epochs}, "
            f"now {wanted.optimizer.epochs}"
        )


def _flag(name: str) -> str:
    """An option as the command line spells it."""
    return "--" + name.replace("_", "-")


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
