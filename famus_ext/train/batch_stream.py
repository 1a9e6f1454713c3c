"""The batches of a run: drawn epoch by epoch, the same in every process, and gone on with from a checkpoint."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from famus_ext.data import NoisyData, epoch_batches, generator, meta_batch
from famus_ext.data.batches import num_batches
from famus_ext.data.seeding import stream_seed
from famus_ext.engine.distributed.processes import Processes
from famus_ext.losses.given_weights import with_weights
from famus_ext.train.config import Config
from famus_ext.train.processes import check_parts, own_part

Examples = tuple[Tensor, Tensor, Tensor, Tensor]
"""x, y, x_meta, y_meta."""


class BatchStream:
    """Training batches without replacement and a new meta batch for each, of which every process takes a part.

    Args:
        config: The options of the experiment.
        seed: The run's seed.
        data: The data, on the device of training.
        device: The device of training.
        processes: Those that take every step together.
        weights: Of one's own, which the targets of training then carry, see `with_weights`; `[N]`.

    Raises:
        OptionError: when there are more processes than examples in a batch.
    """

    def __init__(
        self,
        config: Config,
        seed: int,
        data: NoisyData,
        device: torch.device,
        processes: Processes,
        weights: Tensor | None = None,
    ) -> None:
        self.config, self.seed, self.data, self.device, self.processes = config, seed, data, device, processes
        labels = data.train.labels
        self._targets = labels if weights is None else with_weights(labels, weights)
        self._batches = generator(seed, "batches")
        self._meta_batches = generator(seed, "meta batches")
        self._epoch_start = self._states()
        smallest = len(data.train) // num_batches(len(data.train), config.optimizer.batch_size)
        smallest_meta = min(config.meta_model.meta_batch_size, len(data.meta))
        check_parts({"--batch-size": smallest, "--meta-batch-size": smallest_meta}, processes.count)

    def epoch(self, number: int, done: int) -> Iterator[tuple[Tensor, Examples]]:
        """The batches of an epoch, from 0, without the first `done`: positions in the training set `[n]`, and examples.

        The positions are those of the whole batch, the examples this process' part. All are drawn before the first is
        used, so that worker processes can read ahead.
        """
        self._epoch_start = self._states()
        train, meta = self.data.train, self.data.meta
        batches = epoch_batches(len(train), self.config.optimizer.batch_size, self._batches)
        meta_batches = [self._draw_meta_batch() for _ in batches]
        batches, meta_batches = batches[done:], meta_batches[done:]
        own, own_meta = ([own_part(b, self.processes) for b in drawn] for drawn in (batches, meta_batches))
        views = train.views(own, self._augmentation("augmentation", number), done)
        meta_views = meta.views(own_meta, self._augmentation("meta augmentation", number), done)
        for batch, u, x, v, x_meta in zip(batches, own, views, own_meta, meta_views, strict=True):
            u, v = u.to(self.device), v.to(self.device)
            yield batch.to(self.device), (x, self._targets[u], x_meta, meta.labels[v])

    def few(self) -> Examples:
        """A few examples, as many as a step needs; draws a meta batch."""
        train, meta = self.data.train, self.data.meta
        size = min(2 * self.config.schedule.micro_batches * self.processes.count, len(train))
        u = own_part(torch.arange(size, device=self.device), self.processes)
        v = own_part(self._draw_meta_batch().to(self.device), self.processes)
        return train.view(u), self._targets[u], meta.view(v), meta.labels[v]

    def state_dict(self, *, within_epoch: bool) -> dict[str, Tensor]:
        """The states of the generators; within an epoch those at its start, since it draws its batches again."""
        return self._epoch_start if within_epoch else self._states()

    def load_state_dict(self, state: dict[str, Tensor]) -> None:
        """Takes what `state_dict` gave."""
        self._batches.set_state(state["batches"])
        self._meta_batches.set_state(state["meta_batches"])

    def _draw_meta_batch(self) -> Tensor:
        """Positions in the meta set."""
        return meta_batch(len(self.data.meta), self.config.meta_model.meta_batch_size, self._meta_batches)

    def _augmentation(self, stream: str, epoch: int) -> int | None:
        """The seed of an epoch's augmentation; None for none."""
        return stream_seed(self.seed, f"{stream} {epoch}") if self.config.data.augmentation else None

    def _states(self) -> dict[str, Tensor]:
        """The states of the generators now."""
        return {"batches": self._batches.get_state(), "meta_batches": self._meta_batches.get_state()}
