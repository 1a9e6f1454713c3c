"""The tables that are measured, as data: the paper's Tables 1 to 4 and a quick one for a CPU."""

from dataclasses import dataclass, replace
from typing import Literal

Engine = Literal["plain", "rival", "public rival", "double_backward", "pushforward"]
Layers = int | Literal["every", "sampled"]


@dataclass(frozen=True)
class Row:
    """One way to take a step.

    Attributes:
        engine: an engine of `famus_ext.MetaStep`, or a step of `rivals`.
        layers: every layer, a residual block's number (from 1; -1 is the last), or FaMUS's sampler with K = 4.
        credit_inactive: of that sampler; without, the meta batch goes backward to the lowest active layer only.
        same_gradient_as: name of the row whose gradients this row must reproduce.
        paper_ms: milliseconds that the paper gives for this step, on a V100.
    """

    name: str
    engine: Engine
    layers: Layers = "every"
    credit_inactive: bool = True
    meta_model: Literal["MWNet", "L2R"] = "MWNet"
    lambda_r: float | None = None
    lambda_g: float | None = None
    same_gradient_as: str | None = None
    paper_ms: float | None = None


@dataclass(frozen=True)
class Table:
    """Rows measured in one run, on one network WRN-depth-width and one batch size. The first row is plain SGD.

    Attributes:
        missing: rows of the paper's table that cannot be measured yet.
    """

    title: str
    rows: tuple[Row, ...]
    depth: int = 28
    width: int = 10
    batch: int = 100
    meta_batch: int = 100
    missing: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse sizes that no WRN has, and blocks that this one has not."""
        if self.depth < 10 or self.depth % 6 != 4 or min(self.width, self.batch, self.meta_batch) < 1:
            size = f"WRN-{self.depth}-{self.width}, batch {self.batch} + {self.meta_batch}"
            raise ValueError(f"expected a depth of 6 n + 4, n >= 1, and a positive width and batch, got {size}")
        for row in self.rows:
            if isinstance(row.layers, int) and not 1 <= abs(row.layers) <= self.blocks:
                raise ValueError(f"{row.name}: the network has {self.blocks} blocks, there is no block {row.layers}")

    @property
    def blocks(self) -> int:
        """Number of residual blocks."""
        return (self.depth - 4) // 2

    def base_of(self, row: Row) -> Row:
        """The row that speed-ups count from: the first, after plain SGD, with the same meta model."""
        return next(other for other in self.rows[1:] if other.meta_model == row.meta_model)


def _both(name: str, paper_ms: float, layers: Layers, **options: object) -> tuple[Row, Row]:
    """A row of the paper by its own computation, double backward, and by the pushforward."""
    oracle = Row(f"{name}: double backward", "double_backward", layers, paper_ms=paper_ms, **options)
    ours = Row(f"{name}: ours", "pushforward", layers, paper_ms=paper_ms, same_gradient_as=oracle.name, **options)
    return oracle, ours


PLAIN = Row("plain SGD", "plain")
MW_NET = _both("MW-Net", 933, "every")
MW_NET_FAMUS = _both("MW-Net + FaMUS", 284, "sampled")

PAPER = {
    1: Table(
        "Table 1: MW-Net and L2R",
        (
            PLAIN,
            *MW_NET,
            *MW_NET_FAMUS,
            *_both("MW-Net + FaMUS, credit_inactive=False", 284, "sampled", credit_inactive=False),
            *_both("L2R", 839, "every", meta_model="L2R"),
            *_both("L2R + FaMUS", 244, "sampled", meta_model="L2R"),
        ),
    ),
    2: Table("Table 2: MLC", (), depth=40, width=2, batch=64, meta_batch=64, missing=("MLC", "MLC + FaMUS")),
    3: Table(
        "Table 3: the parts of the loss",
        (
            PLAIN,
            *_both("L_c", 933, "every"),
            *_both("L_c + L_g", 446, "sampled", lambda_r=0.0, lambda_g=0.1),
            *_both("L_c + L_r", 275, "sampled", lambda_r=0.1, lambda_g=0.0),
            *_both("L_c + L_r + L_g", 284, "sampled", lambda_r=0.1, lambda_g=0.1),
        ),
    ),
    4: Table(
        "Table 4: which layers",
        (
            PLAIN,
            *MW_NET,
            *_both("block 4", 718, 4),
            *_both("block 8", 569, 8),
            *_both("block 12", 326, 12),
            *MW_NET_FAMUS,
        ),
        missing=("random layers, s = 4", "random layers, s = 8", "random layers, s = 16"),
    ),
}

_RIVAL = Row("double backward, every layer", "rival")
_BLOCK = Row("double backward, last block", "double_backward", layers=-1)
_FAMUS = Row("double backward, FaMUS", "double_backward", layers="sampled")
_FAMUS_ACTIVE = replace(_FAMUS, name=f"{_FAMUS.name}, credit_inactive=False", credit_inactive=False)

QUICK = Table(
    "The step of MW-Net, quick",
    (
        PLAIN,
        _RIVAL,
        Row("public code's way, every layer", "public rival", same_gradient_as=_RIVAL.name),
        _BLOCK,
        _FAMUS,
        _FAMUS_ACTIVE,
        Row("ours, every layer", "pushforward", same_gradient_as=_RIVAL.name),
        Row("ours, last block", "pushforward", layers=-1, same_gradient_as=_BLOCK.name),
        Row("ours, FaMUS", "pushforward", layers="sampled", same_gradient_as=_FAMUS.name),
        Row(
            "ours, FaMUS, credit_inactive=False",
            "pushforward",
            layers="sampled",
            credit_inactive=False,
            same_gradient_as=_FAMUS_ACTIVE.name,
        ),
    ),
    depth=16,
    width=4,
    batch=32,
    meta_batch=32,
)
