"""J t by a central difference of the logits: approximate, for graphs that the pushforward cannot walk."""

from __future__ import annotations

import torch
from torch import Tensor

from famus_ext.engine.batches import TrainingBatch
from famus_ext.engine.passes.protocol import Tangents
from famus_ext.engine.passes.recorded import RecordedPass
from famus_ext.network.buffers import buffer_copies
from famus_ext.network.forward import call_model, with_tensors
from famus_ext.network.random_state import random_state, replayed

RADIUS = 1e-3
"""Step length as a share of ‖w‖: near the cube root of float32's epsilon, where rounding and curvature balance."""


class DifferencedPass(RecordedPass):
    """J t ≈ (Φ(x; w + h t) - Φ(x; w - h t)) / 2h, with h = radius · ‖w‖ / ‖t‖ over the parameters that move.

    The meta model's own input is held fixed: only the logits are differenced. Random masks are drawn again as the
    forward pass drew them, buffers stay as they are. The error is about 1e-3 in float32; half precision, where the
    difference is noise, is refused.
    """

    def __init__(self, batch: TrainingBatch) -> None:
        self._random_state = random_state()
        super().__init__(batch)

    @torch.no_grad()
    def pushforward(self, tangents: Tangents) -> Tensor:
        """J t, approximately."""
        logits, leaves = self.logits, self.batch.leaves
        if logits.dtype in (torch.float16, torch.bfloat16) or torch.is_autocast_enabled(logits.device.type):
            raise ValueError('engine: "finite_difference" needs float32 or float64; in half precision it is noise')
        length = _norm(list(tangents.values()))
        if length == 0:
            return torch.zeros_like(logits)
        h = RADIUS * max(_norm([leaves[name] for name in tangents]), 1.0) / length
        ahead, behind = (self._logits_at(tangents, side) for side in (h, -h))
        return (ahead - behind) / (2 * h)

    def _logits_at(self, tangents: Tangents, length: float) -> Tensor:
        """Φ(x; w + length t)."""
        model, leaves = self.batch.model, self.batch.leaves
        moved = {name: leaves[name] + length * tangent for name, tangent in tangents.items()}
        with replayed(self._random_state):
            return with_tensors(
                model, {**leaves, **moved, **buffer_copies(model)}, lambda: call_model(model, self.batch.x)
            )


def _norm(tensors: list[Tensor]) -> float:
    """Euclidean norm of all entries."""
    return float(torch.stack(torch._foreach_norm(tensors)).norm()) if tensors else 0.0
