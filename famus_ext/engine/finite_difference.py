"""ż by a central difference of the logits: approximate, for graphs that the pushforward cannot walk."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from famus_ext.engine.task import MetaTask
from famus_ext.network.buffers import buffer_copies
from famus_ext.network.forward import call_model, with_tensors

RADIUS = 1e-3
"""Step length as a share of ‖w‖: near the cube root of float32's epsilon, where rounding and curvature balance."""


def finite_difference(task: MetaTask) -> Callable[[Tensor, dict[str, Tensor]], Tensor]:
    """Approximate ż = (Φ(x; w + h t) - Φ(x; w - h t)) / 2h, with h = radius · ‖w‖ / ‖t‖ over the parameters that move.

    The meta model's own input is held fixed: only the logits are differenced. Random masks are drawn again as the
    virtual forward pass drew them, buffers stay as they are. The error is about 1e-3 in float32; half precision, where
    the difference is noise, is refused.
    """
    before = _random_state()

    def carry(logits: Tensor, tangents: dict[str, Tensor]) -> Tensor:
        if logits.dtype in (torch.float16, torch.bfloat16) or torch.is_autocast_enabled(logits.device.type):
            raise ValueError('engine: "finite_difference" needs float32 or float64; in half precision it is noise')
        length = _norm(list(tangents.values()))
        if not tangents or length == 0:
            return torch.zeros_like(logits)
        h = RADIUS * max(_norm([task.parameters[name] for name in tangents]), 1.0) / length
        after = _random_state()
        sides = []
        for side in (h, -h):
            _set_random_state(before)
            moved = {name: task.parameters[name] + side * tangent for name, tangent in tangents.items()}
            tensors = {**moved, **buffer_copies(task.model)}
            sides.append(with_tensors(task.model, tensors, lambda: call_model(task.model, task.x)))
        _set_random_state(after)
        return (sides[0] - sides[1]) / (2 * h)

    return torch.no_grad()(carry)


def _norm(tensors: list[Tensor]) -> float:
    """Euclidean norm of all entries."""
    return float(torch.stack(torch._foreach_norm(tensors)).norm()) if tensors else 0.0


def _random_state() -> tuple[Tensor, list[Tensor]]:
    """The default generators' states."""
    return torch.get_rng_state(), torch.cuda.get_rng_state_all() if torch.cuda.is_available() else []


def _set_random_state(state: tuple[Tensor, list[Tensor]]) -> None:
    """Put the default generators back."""
    torch.set_rng_state(state[0])
    if state[1]:
        torch.cuda.set_rng_state_all(state[1])
