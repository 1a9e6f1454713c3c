"""What a checkpoint holds: a run's whole state, and what it belongs to. Read without unpickling code."""

from __future__ import annotations

import io
import pickle
import zipfile
from typing import Any

import torch

from famus_ext.train.options.check import OptionError
from famus_ext.train.trainer import Trainer

FORMAT = 6
"""Version of the layout below; raised when a checkpoint of the version before cannot be read."""
ENTRIES = {"format", "identity", "state"}


class CheckpointError(RuntimeError):
    """A checkpoint that cannot be continued from."""


def to_bytes(trainer: Trainer) -> bytes:
    """The run's whole state: network, optimizers, meta model, sampler, position, history, random states."""
    file = io.BytesIO()
    torch.save({"format": FORMAT, "identity": _identity(trainer), "state": trainer.state_dict()}, file)
    return file.getvalue()


def restore(content: bytes, name: str, trainer: Trainer) -> None:
    """Brings a fresh trainer to the state that `to_bytes` wrote.

    Args:
        content: What `to_bytes` gave.
        name: What to call it in a message.
        trainer: A trainer of the same run; after an error it is of no further use.

    Raises:
        CheckpointError: when it is no checkpoint, is of another format, belongs to other options, other labels or
            another network, other example weights, or has been trained for longer than asked.
    """
    checkpoint = _read(content, name)
    stored, wanted = checkpoint["identity"], _identity(trainer)
    differing = sorted(name for name in stored.keys() | wanted.keys() if stored.get(name) != wanted.get(name))
    if differing:
        differences = ", ".join(f"{name} {stored.get(name)} there, {wanted.get(name)} here" for name in differing)
        raise CheckpointError(f"{name}: of another configuration: {differences}")
    epoch, epochs = checkpoint["state"]["epoch"], trainer.config.optimizer.epochs
    if epoch > epochs:
        raise CheckpointError(f"{name}: has been trained for {epoch} epochs, more than --epochs {epochs}")
    try:
        trainer.load_state_dict(checkpoint["state"])
    except OptionError as error:
        raise CheckpointError(f"{name}: {error}") from error
    except (RuntimeError, ValueError, KeyError) as error:  # of torch, for tensors of other names or shapes
        raise CheckpointError(f"{name}: of another network, meta model or sampler: {error}") from error


def stored_state(content: bytes, name: str) -> dict[str, Any]:
    """The state of a run that `to_bytes` wrote, to look at.

    Raises:
        CheckpointError: when it is no checkpoint, or of another format.
    """
    state: dict[str, Any] = _read(content, name)["state"]
    return state


def _read(content: bytes, name: str) -> dict[str, Any]:
    """The entries of a checkpoint of this format."""
    # torch.load would take anything else for a file of the old form and fail in many ways.
    if not zipfile.is_zipfile(io.BytesIO(content)):
        raise CheckpointError(f"{name}: not a readable checkpoint: not a whole zip archive")
    try:
        checkpoint = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    except (OSError, RuntimeError, pickle.UnpicklingError) as error:
        raise CheckpointError(f"{name}: not a readable checkpoint: {error}") from error
    found = checkpoint.get("format") if isinstance(checkpoint, dict) else None
    if found != FORMAT:
        raise CheckpointError(f"{name}: expected checkpoint format {FORMAT}, got {found}; it is another version's")
    if checkpoint.keys() != ENTRIES:
        raise CheckpointError(f"{name}: expected the entries {sorted(ENTRIES)}, got {sorted(checkpoint)}")
    entries: dict[str, Any] = checkpoint
    return entries


def _identity(trainer: Trainer) -> dict[str, Any]:
    """What a run's numbers depend on, by name; not the number of epochs, which may be raised, nor the machine."""
    return {
        **trainer.config.numeric_options(),
        "method": trainer.method,
        "seed": trainer.seed,
        "labels_hash": trainer.data.labels_hash,
    }
