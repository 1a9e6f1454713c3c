"""The records of an experiment for TensorBoard: a log a run in the folder's `tensorboard/`, a point an epoch."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from famus_ext.train.options.check import OptionError
from famus_ext.train.recording.records import EpochRecord
from famus_ext.train.recording.weight_histogram import EDGES

SCALARS = {
    "test/accuracy": "test_accuracy",
    "test/loss": "test_loss",
    "train/loss": "train_loss",
    "train/meta loss": "meta_loss",
    "train/learning rate": "lr",
    "train/skipped steps": "skipped_steps",
    "weight/right labels": "weight_clean",
    "weight/wrong labels": "weight_wrong",
    "weight/largest classes": "weight_head",
    "weight/smallest classes": "weight_tail",
    "meta gradient/mean": "gradient_mean",
    "meta gradient/variance": "gradient_variance",
    "layers/active": "active_layers",
    "cost/ms per step": "ms_per_step",
    "cost/peak memory, MiB": "peak_memory_bytes",
}
"""What a curve is called -> the field of the record; left out where that is None."""
HISTOGRAMS = {
    "weight of right labels": "weight_histogram_clean",
    "weight of wrong labels": "weight_histogram_wrong",
    "weights": "weight_histogram_all",
}
MIB = 2**20


def check_installed() -> None:
    """Raises `OptionError` where TensorBoard is not installed."""
    try:
        import tensorboard  # noqa: F401
    except ModuleNotFoundError as error:
        raise OptionError(
            '--tensorboard: tensorboard is not installed: pip install "famus-ext[tensorboard]"'
        ) from error


class RunLog:
    """The log of one run.

    It is written anew from the run's history when the run begins or goes on, so that no point is there twice and none
    is missing, whatever the process before it had written.

    Args:
        folder: Where it goes; what is there is removed.
        layers: Names of the gated layers.
        history: The records of the epochs that are done.
    """

    def __init__(self, folder: Path, layers: Sequence[str], history: Sequence[EpochRecord]) -> None:
        from torch.utils.tensorboard import SummaryWriter  # an extra

        shutil.rmtree(folder, ignore_errors=True)
        self._writer = SummaryWriter(str(folder))
        self._layers = layers
        for record in history:
            self._write(record)

    def add(self, record: EpochRecord) -> None:
        """Logs an epoch."""
        self._write(record)
        self._writer.flush()

    def close(self) -> None:
        """Ends the log."""
        self._writer.close()

    def _write(self, record: EpochRecord) -> None:
        for name, field in SCALARS.items():
            value = getattr(record, field)
            if value is not None:
                self._scalar(name, value / MIB if field == "peak_memory_bytes" else value, record.epoch)
        for layer, rate in zip(self._layers, record.gate_rates, strict=False):
            self._scalar(f"gate/{layer}", rate, record.epoch)
        for name, field in HISTOGRAMS.items():
            self._histogram(name, getattr(record, field), record.epoch)

    def _scalar(self, name: str, value: float, epoch: int) -> None:
        self._writer.add_scalar(name, value, epoch)

    def _histogram(self, name: str, counts: Sequence[int], epoch: int) -> None:
        """A histogram of `weight_histogram`'s bins; its mean and spread are those of the bins' lower edges."""
        if not sum(counts):
            return
        edges = EDGES[: len(counts)]
        total = sum(count * edge for count, edge in zip(counts, edges, strict=True))
        squares = sum(count * edge**2 for count, edge in zip(counts, edges, strict=True))
        limits = [*EDGES[1 : len(counts)], EDGES[-1] + EDGES[1]]
        self._writer.add_histogram_raw(
            name,
            min=EDGES[0],
            max=limits[-1],
            num=sum(counts),
            sum=total,
            sum_squares=squares,
            bucket_limits=limits,
            bucket_counts=list(counts),
            global_step=epoch,
        )
