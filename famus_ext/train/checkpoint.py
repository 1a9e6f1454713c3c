"""Checkpoints: one file a run, written whole, read without unpickling code, refused where it does not belong."""

from __future__ import annotations

import pickle
import zipfile
from pathlib import Path
from typing import Any

import torch

from famus_ext.train.files import atomic_write
from famus_ext.train.trainer import Trainer

FORMAT = 2
"""Version of the layout below; raised when a checkpoint of the version before cannot be read."""


class CheckpointError(RuntimeError):
    """A checkpoint that cannot be continued from."""


def save_checkpoint(path: Path, trainer: Trainer) -> None:
    """Writes the run's whole state: network, optimizers, meta model, sampler, epoch, history, random states."""
    with atomic_write(path, "wb") as file:
        torch.save({"format": FORMAT, "identity": _identity(trainer), "state": trainer.state_dict()}, file)


def load_checkpoint(path: Path, trainer: Trainer) -> None:
    """Brings a fresh trainer to the state that `save_checkpoint` wrote.

    Raises:
        CheckpointError: when the file cannot be read, is of another format, belongs to other options or other labels,
            or has been trained for longer than asked.
    """
    if not zipfile.is_zipfile(path):  # torch.load would take it for a file of the old form and fail in many ways
        raise CheckpointError(f"{path}: not a readable checkpoint: not a whole zip archive")
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, RuntimeError, pickle.UnpicklingError) as error:
        raise CheckpointError(f"{path}: not a readable checkpoint: {error}") from error
    found = content.get("format") if isinstance(content, dict) else None
    if found != FORMAT:
        raise CheckpointError(f"{path}: expected checkpoint format {FORMAT}, got {found}; it is another version's")
    stored, wanted = content["identity"], _identity(trainer)
    differing = sorted(name for name in stored.keys() | wanted.keys() if stored.get(name) != wanted.get(name))
    if differing:
        differences = ", ".join(f"{name} {stored.get(name)} there, {wanted.get(name)} here" for name in differing)
        raise CheckpointError(f"{path}: of another configuration: {differences}")
    epoch, epochs = content["state"]["epoch"], trainer.config.optimizer.epochs
    if epoch > epochs:
        raise CheckpointError(f"{path}: has been trained for {epoch} epochs, more than --epochs {epochs}")
    trainer.load_state_dict(content["state"])


def _identity(trainer: Trainer) -> dict[str, Any]:
    """What a run's numbers depend on, by name; not the number of epochs, which may be raised, nor the machine."""
    return {
        **trainer.config.numeric_options(),
        "method": trainer.method,
        "seed": trainer.seed,
        "labels_hash": trainer.data.labels_hash,
    }
