"""What a row's step should cost, in forward passes f: see `famus_ext.inspection.predicted`; rivals are counted here."""

from collections.abc import Collection

from famus_ext.inspection import predicted
from famus_ext.inspection.predicted import PLAIN_STEP, StepKind, Work
from meta_steps.tables import Row

__all__ = ["PLAIN_STEP", "Work", "forward_passes", "passes_by_phase"]

RIVAL_PASSES = {
    "plain": PLAIN_STEP,
    "compiled plain": PLAIN_STEP,
    "forward mode": 11,
    "one-sided difference": 9,
    "betty": 8,
}
"""Steps that are counted as a whole, with both batches of one size."""


def forward_passes(row: Row, work: Work, active: Collection[str], meta_ratio: float) -> float:
    """Number of forward passes f that one step is worth.

    The public code runs the training batch forward once more than double backward, and differentiates for all weights:
    15.

    Args:
        row: the step.
        work: of the network.
        active: names of the layers whose gate is 1.
        meta_ratio: M / N.
    """
    if row.engine in RIVAL_PASSES:
        return RIVAL_PASSES[row.engine]
    again = 3.0 if row.engine in ("public rival", "torchopt") else 0.0
    return predicted.forward_passes(_kind(row), work, active, meta_ratio) + again


def passes_by_phase(row: Row, work: Work, active: Collection[str], meta_ratio: float) -> dict[str, float]:
    """The same by phase of a meta step."""
    passes = predicted.passes_by_phase(_kind(row), work, active, meta_ratio)
    return {phase.value: number for phase, number in passes.items()}


def _kind(row: Row) -> StepKind:
    """The step of a row; the rivals that are left differentiate twice."""
    sampled = row.layers == "sampled"
    return StepKind(
        engine=row.engine if row.engine in ("pushforward", "ghost") else "double_backward",
        schedule=row.schedule,
        micro_batches=row.micro_batches,
        recompute=row.recompute,
        zero_virtual_loss=row.meta_model == "L2R",
        samples_gradients=sampled,
        credits_inactive=sampled and row.credit_inactive,
    )
