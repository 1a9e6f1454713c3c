"""`--meta-model-from`: θ that another run has learned, to begin with or, with `--meta-lr 0`, to keep."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn

from famus_ext.train.folder.checkpoint import CheckpointError, stored_state
from famus_ext.train.folder.read_run import FinishedRun, RunError, read_run
from famus_ext.train.folder.run_folder import RunFolder
from famus_ext.train.options.check import OptionError, require
from famus_ext.train.options.meta_model import Method

OPTION = "--meta-model-from"


def take_meta_model(meta_model: nn.Module, method: Method, seed: int, path: str) -> None:
    """Gives a fresh meta model the θ that a finished run has learned: that of the same seed, or of the run's first.

    Buffers, such as the groups of the classes, are those of the data at hand.

    Args:
        meta_model: Ψ with fresh θ, which is written to.
        method: What it is the meta model of.
        seed: The seed of the run at hand.
        path: The run's folder.

    Raises:
        OptionError: when there is no such run, or it is not finished, of another method, or its θ of another size.
    """
    where = f"{OPTION} {path}"
    try:
        run = read_run(Path(path))
        require(run.is_finished, where, "a finished run", "one that is not")
        require(run.config.method == method, where, f"a run of {method}", run.config.method)
        stored = _theta(run, seed if seed in run.config.seeds else run.config.seeds[0])
    except (RunError, CheckpointError, OSError) as error:
        raise OptionError(f"{where}: cannot be used: {error}") from error
    theta = dict(meta_model.named_parameters())
    for name, value in theta.items():
        found = list(stored[name].shape) if name in stored else "none"
        require(found == list(value.shape), f"{where}: {name}", f"a tensor of shape {list(value.shape)}", found)
    with torch.no_grad():
        for name, value in theta.items():
            value.copy_(stored[name])


def _theta(run: FinishedRun, seed: int) -> dict[str, Tensor]:
    """The state of a run's meta model after its last epoch."""
    files = RunFolder(run.path).checkpoints(run.config.method, seed).files()
    if not files:
        raise CheckpointError(f"no checkpoint of seed {seed} is left")
    theta: dict[str, Tensor] = stored_state(files[-1].read_bytes(), str(files[-1]))["step"]["meta_model"]
    return theta
