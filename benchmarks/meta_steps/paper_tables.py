"""The paper's Tables 1 to 4: every step by its own computation and by ours, and what the paper has not, merged."""

from collections.abc import Iterator
from typing import Any

from meta_steps.tables import PLAIN, Row, Table, against

EXPECTED_LAYERS = 4
_FAMUS = {"layers": "sampled", "number": EXPECTED_LAYERS}


def _both(name: str, paper_ms: float, **options: Any) -> tuple[Row, Row]:
    """A row of the paper by double backward and by the pushforward."""
    oracle = Row(f"{name}: double backward", "double_backward", paper_ms=paper_ms, **options)
    return oracle, against(oracle, f"{name}: ours")


def _merged(name: str, **options: Any) -> tuple[Row, Row]:
    """A row of the merged schedule, and its reference, which is not measured."""
    oracle = Row(f"{name}, merged: double backward", "double_backward", schedule="merged", measured=False, **options)
    return oracle, against(oracle, f"{name}, merged: ours")


def _blocks(*paper: tuple[int, float]) -> Iterator[Row]:
    """Rows of the blocks b, with the paper's ms."""
    for b, ms in paper:
        yield from _both(f"block {b}", ms, layers="block", number=b)


def _random(*paper: tuple[int, float]) -> Iterator[Row]:
    """Rows of s random layers, with the paper's ms; a pair draws the same ones."""
    for s, ms in paper:
        yield from _both(f"random s = {s}", ms, layers="random", number=s)


_MW_NET = _both("MW-Net", 933)
_MW_NET_MERGED = _merged("MW-Net")
_MW_NET_FAMUS = _both("MW-Net + FaMUS", 284, **_FAMUS)
_MW_NET_FAMUS_MERGED = _merged("MW-Net + FaMUS", **_FAMUS)

PAPER = {
    1: Table(
        "Table 1: MW-Net and L2R",
        (
            PLAIN,
            *_MW_NET,
            *_MW_NET_MERGED,
            *_MW_NET_FAMUS,
            *_MW_NET_FAMUS_MERGED,
            *_both("FaMUS, no credit", 284, **_FAMUS, credit_inactive=False),
            *_merged("FaMUS, no credit", **_FAMUS, credit_inactive=False),
            *_both("L2R", 839, meta_model="L2R"),
            *_both("L2R + FaMUS", 244, **_FAMUS, meta_model="L2R"),
        ),
    ),
    2: Table(
        "Table 2: MLC",
        (
            PLAIN,
            *_both("MLC", 265, meta_model="MLC"),
            *_merged("MLC", meta_model="MLC"),
            *_both("MLC + FaMUS", 84, **_FAMUS, meta_model="MLC"),
            *_merged("MLC + FaMUS", **_FAMUS, meta_model="MLC"),
        ),
        depth=40,
        width=2,
        batch=64,
        meta_batch=64,
    ),
    3: Table(
        "Table 3: the parts of the loss",
        (
            PLAIN,
            *_both("L_c", 933),
            *_both("L_c + L_g", 446, **_FAMUS, lambda_r=0.0, lambda_g=0.1),
            *_both("L_c + L_r", 275, **_FAMUS, lambda_r=0.1, lambda_g=0.0),
            *_both("L_c + L_r + L_g", 284, **_FAMUS, lambda_r=0.1, lambda_g=0.1),
            *_merged("L_c + L_r + L_g", **_FAMUS, lambda_r=0.1, lambda_g=0.1),
        ),
    ),
    4: Table(
        "Table 4: which layers",
        (
            PLAIN,
            *_MW_NET,
            *_blocks((4, 718), (8, 569), (12, 326)),
            *_merged("block 12", layers="block", number=12),
            *_random((4, 764), (8, 826), (16, 899)),
            *_merged("random s = 4", layers="random", number=4),
            *_MW_NET_FAMUS,
            *_MW_NET_FAMUS_MERGED,
        ),
    ),
}
