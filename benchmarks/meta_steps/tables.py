"""What a table is: rows that are measured in one run, on one network and one batch size."""

from dataclasses import dataclass, replace
from typing import Any, Literal

from meta_steps.group_norm import GROUPS

Rival = Literal["rival", "public rival", "forward mode", "one-sided difference", "torchopt", "betty"]
Engine = Literal["plain", "compiled plain", Rival, "double_backward", "pushforward", "ghost"]
Layers = Literal["every", "block", "random", "sampled"]


@dataclass(frozen=True)
class Row:
    """One way to take a step.

    Attributes:
        engine: an engine of `famus_ext.MetaStep`, or a step of `rivals`.
        layers: every layer, those of one residual block, random ones, or those that FaMUS's sampler opens.
        number: b, the block's number (from 1; -1 is the last); s, how many random layers; K, how many layers the
            sampler is to open.
        credit_inactive: of that sampler; without, the meta batch goes backward to the lowest active layer only.
        schedule: of `famus_ext.MetaStep`.
        micro_batches: of `famus_ext.MetaStep`.
        recompute: of `famus_ext.MetaStep`.
        capture: of `famus_ext.MetaStep`.
        measured: without, the row is a reference for others: it takes its first step and no more.
        same_gradient_as: name of the row whose first step this row must reproduce.
        approximate: it need not, but is held against it all the same.
        paper_ms: milliseconds that the paper gives for this step, on a V100.
    """

    name: str
    engine: Engine
    layers: Layers = "every"
    number: int | None = None
    credit_inactive: bool = True
    schedule: Literal["paper", "merged"] = "paper"
    micro_batches: int = 1
    recompute: bool = False
    capture: bool = False
    meta_model: Literal["MWNet", "L2R", "MLC"] = "MWNet"
    lambda_r: float | None = None
    lambda_g: float | None = None
    measured: bool = True
    same_gradient_as: str | None = None
    approximate: bool = False
    paper_ms: float | None = None

    @property
    def layers_vary(self) -> bool:
        """Whether the layers that are kept change from step to step, and with them time and memory."""
        return self.layers in ("random", "sampled")


@dataclass(frozen=True)
class Table:
    """Rows measured in one run, on one network WRN-depth-width and one batch size. The first row is plain SGD.

    Attributes:
        norm: the network's own BatchNorm, or GroupNorm in its place, which does not mix the examples of a batch.
    """

    title: str
    rows: tuple[Row, ...]
    depth: int = 28
    width: int = 10
    batch: int = 100
    meta_batch: int = 100
    norm: Literal["batch", "group"] = "batch"

    def __post_init__(self) -> None:
        """Refuse sizes that no WRN has, and blocks that this one has not."""
        if self.depth < 10 or self.depth % 6 != 4 or min(self.width, self.batch, self.meta_batch) < 1:
            size = f"WRN-{self.depth}-{self.width}, batch {self.batch} + {self.meta_batch}"
            raise ValueError(f"expected a depth of 6 n + 4, n >= 1, and a positive width and batch, got {size}")
        blocks = (self.depth - 4) // 2
        for row in self.rows:
            if row.layers == "block" and not 1 <= abs(row.number or 0) <= blocks:
                raise ValueError(f"{row.name}: the network has {blocks} blocks, there is no block {row.number}")

    @property
    def size(self) -> str:
        """The network and the batches in words."""
        norm = f" with {GROUPS} groups of GroupNorm for BatchNorm" if self.norm == "group" else ""
        return f"WRN-{self.depth}-{self.width}{norm}, batch {self.batch} + {self.meta_batch}"

    def base_of(self, row: Row) -> Row:
        """The row that speed-ups count from: the first, after plain SGD, with the same meta model."""
        return next(other for other in self.rows[1:] if row == self.rows[0] or other.meta_model == row.meta_model)


PLAIN = Row("plain SGD", "plain")


def against(reference: Row, name: str, **changes: Any) -> Row:
    """The same step by another engine, the pushforward unless `changes` name one: held against the reference."""
    changes = {"engine": "pushforward", "measured": True} | changes
    return replace(reference, name=name, same_gradient_as=reference.name, **changes)
