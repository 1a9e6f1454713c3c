"""The exact pass for any network, as much of it kept as there is memory for."""

from __future__ import annotations

from famus_ext.engine.batches import TrainingBatch
from famus_ext.engine.passes.micro_batched import MicroBatchedPass
from famus_ext.engine.passes.protocol import TrainingPass
from famus_ext.engine.passes.recomputed import RecomputedPass
from famus_ext.engine.passes.recorded import RecordedPass


def exact_pass(batch: TrainingBatch) -> TrainingPass:
    """Record the batch once for all, once for each half of the step, or in parts for each product."""
    if batch.micro_batches > 1:
        return MicroBatchedPass(batch)
    return RecomputedPass(batch) if batch.recompute else RecordedPass(batch)
