"""The folder of an experiment, read back: finished, or as far as it is."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from famus_ext.data.finding import some
from famus_ext.train.config import GROUPS, Config
from famus_ext.train.folder.example_table import ExampleTable, read_example_table
from famus_ext.train.folder.metrics import Run
from famus_ext.train.folder.run_folder import RunFolder
from famus_ext.train.options.meta_model import Method
from famus_ext.train.recording.records import EpochRecord
from famus_ext.train.typed import from_plain


class RunError(ValueError):
    """A folder that holds no experiment, or a damaged file of one."""


@dataclass(frozen=True)
class FinishedRun:
    """What the folder of an experiment holds.

    Attributes:
        path: The folder.
        origin: The command, the commit and the versions that it began with.
        config: Its options.
        summary: What it reached, `summary.json`; None while it is not finished.
        histories: The records of every method and seed that has begun, by epoch.
        layers: Names of the gated layers, in the order of the records' `gate_rates`; empty without a meta gradient.
    """

    path: Path
    origin: dict[str, Any]
    config: Config
    summary: dict[str, Any] | None
    histories: dict[Run, tuple[EpochRecord, ...]]
    layers: tuple[str, ...]

    @property
    def is_finished(self) -> bool:
        """Whether every run has been trained and summarised."""
        return self.summary is not None

    def seeds(self, method: Method) -> tuple[int, ...]:
        """The seeds on which a method has trained an epoch."""
        return tuple(seed for name, seed in self.histories if name == method)

    def examples(self, seed: int, method: Method | None = None) -> ExampleTable:
        """What a run that is finished makes of every training example.

        Args:
            seed: The run's seed.
            method: Its method; None for the experiment's, not the baseline.

        Raises:
            RunError: when the run is not finished, or its file is damaged.
        """
        path = RunFolder(self.path).examples(method or self.config.method, seed)
        try:
            return read_example_table(path)
        except OSError as error:
            raise RunError(f"{path}: not there yet: {error.strerror}") from error
        except ValueError as error:
            raise RunError(f"{path}: damaged: {error}") from error


def read_run(path: Path) -> FinishedRun:
    """Reads the folder of an experiment, which may still be running.

    Raises:
        RunError: when there is no experiment, or a file is damaged or of a later version.
    """
    folder = RunFolder(path)
    finished = folder.is_finished
    layers = _object(folder.layers).get("layers") if folder.layers.exists() else []
    if not isinstance(layers, list) or not all(isinstance(name, str) for name in layers):
        raise RunError(f"{folder.layers}: damaged: expected a list of names")
    return FinishedRun(
        path=path,
        origin=_object(folder.origin),
        config=_config(folder.config),
        summary=_object(folder.summary) if finished else None,
        histories=_histories(folder.metrics.path, running=not finished),
        layers=tuple(layers),
    )


def _config(path: Path) -> Config:
    """The options; those that are newer than the experiment have their defaults, under which it was trained."""
    stored = _object(path)
    for name, group in GROUPS.items():
        values = stored.get(name, {})
        stored[name] = {**asdict(group()), **values} if isinstance(values, dict) else values
    try:
        return Config.from_dict(stored)
    except RunError:
        raise
    except ValueError as error:
        raise RunError(f"{path}: {error}") from error


def _histories(path: Path, *, running: bool) -> dict[Run, tuple[EpochRecord, ...]]:
    """The records in `metrics.jsonl`; of a running experiment there may be none yet, and a line half-written."""
    if running and not path.exists():
        return {}
    histories: dict[Run, tuple[EpochRecord, ...]] = {}
    for number, line in enumerate(_text(path).split("\n")[:-1], start=1):
        try:
            record = from_plain(EpochRecord, json.loads(line))
        except ValueError as error:
            raise RunError(f"{path}, line {number}: damaged, or another version's: {error}") from error
        run = (record.method, record.seed)
        histories[run] = (*histories.get(run, ()), record)
    return histories


def _object(path: Path) -> dict[str, Any]:
    """The JSON object in a file."""
    text = _text(path)
    try:
        found = json.loads(text)
    except ValueError as error:
        raise RunError(f"{path}: damaged: {error}") from error
    if not isinstance(found, dict):
        raise RunError(f"{path}: damaged: expected an object with named values, got {type(found).__name__}")
    return found


def _text(path: Path) -> str:
    """The text of one of an experiment's files."""
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise RunError(f"{path.parent}: no experiment{_missing(path, error)}") from error
    except UnicodeDecodeError as error:
        raise RunError(f"{path}: damaged: {error}") from error


def _missing(path: Path, error: OSError) -> str:
    """Why an experiment's file cannot be read, with the experiments that lie in the folder instead."""
    folder = path.parent
    if not folder.is_dir():
        return ": there is no such folder"
    inner = sorted(found.parent.name for found in folder.glob(f"*/{path.name}"))
    if inner:
        return f", but it holds {some(inner)}; name one of them, {folder / inner[0]} say"
    return f": {path.name}: {error.strerror}; name a folder that train has made, its --out"
