"""What each op buys in a whole meta step: every op native, none, and all but one in turn."""

from dataclasses import asdict, dataclass
from typing import Any

import torch
from measuring.timing import Spread, interleaved, paired_ratio
from meta_steps.tables import Row, Table
from meta_steps.trial import Trial

import famus_ext as famus
from famus_ext import ops

NATIVE, REFERENCE = "every op native", "no op native"
# Steps before the first that is timed.
WARM_UP = 3
# What the ops are part of: the sweep, on a network with BatchNorm; products of stored tensors, on one with GroupNorm.
STEPS = (
    (Row("pushforward, FaMUS", "pushforward", "sampled", 4), "batch"),
    (Row("ghost, every layer", "ghost"), "group"),
)


@dataclass(frozen=True)
class Switched:
    """A trial that runs with the definitions in place of some ops."""

    trial: Trial
    reference: tuple[str, ...]

    def __call__(self) -> None:
        """Take one step."""
        with famus.use("reference", ops=self.reference):
            self.trial()


def steps_by_op(depth: int, width: int, batch: int, device: torch.device, rounds: int) -> list[dict[str, Any]]:
    """Time every step in every setting: a record a step and setting, as a multiple of the step with every op native."""
    settings = {NATIVE: (), REFERENCE: tuple(ops.__all__), **{f"{op} by reference": (op,) for op in ops.__all__}}
    records = []
    for row, norm in STEPS:
        table = Table("", (row,), depth, width, batch, batch, norm)
        trials = {name: Switched(Trial(row, table, device), reference) for name, reference in settings.items()}
        for _ in range(WARM_UP):
            for trial in trials.values():
                trial()
        times = interleaved(trials, rounds, device)
        for name, values in times.items():
            multiple = asdict(paired_ratio(values, times[NATIVE]))
            network = f"WRN-{depth}-{width}, {norm} norm, batch {batch} + {batch}"
            records.append(
                {"step": row.name, "network": network, "ops": name, "ms": asdict(Spread.of(values))}
                | {"times_native": multiple}
            )
    return records
