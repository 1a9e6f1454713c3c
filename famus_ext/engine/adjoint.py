"""A check of the pushforward in every step: it must be the transpose of the backward that the step ran anyway."""

from __future__ import annotations

import torch
from torch import Tensor

from famus_ext.errors import PushforwardError
from famus_ext.ops import layer_dots

# Share of the two products themselves, and of ‖g‖ ‖t‖: well above what rounding does (TF32 included, in float32),
# well below what a wrong factor in one layer does.
TOLERANCE = {torch.float64: (1e-6, 1e-10), torch.float32: (1e-2, 1e-4)}


@torch.no_grad()
def check_adjoint(
    cotangent: Tensor, logits_dot: Tensor, gradients: dict[str, Tensor | None], tangents: dict[str, Tensor]
) -> None:
    """Raise unless ⟨∂ℓ/∂z, J t⟩ = ⟨Jᵀ ∂ℓ/∂z, t⟩ = Σ ⟨g, t⟩.

    A gradient hook breaks this: autograd runs it on the way back, and nothing of it is left in the graph. Half
    precision, where both sides round, is not checked.

    Args:
        cotangent: ∂ℓ/∂z, [N, ...].
        logits_dot: ż = J t, [N, ...].
        gradients: g by name; none is known of a meta model that starts at zero, and nothing is checked.
        tangents: t by name.

    Raises:
        PushforwardError: The two sides differ.
    """
    pairs = [(gradients.get(name), t) for name, t in tangents.items()]
    moved = [(g, t) for g, t in pairs if g is not None]
    half = logits_dot.dtype not in TOLERANCE or any(g.dtype not in TOLERANCE for g, _ in moved)
    if not moved or half or torch.is_autocast_enabled(logits_dot.device.type):
        return
    g, t = [g for g, _ in moved], [t for _, t in moved]
    sides = torch.stack([(cotangent * logits_dot).sum(), layer_dots([g], [t])[0].to(cotangent)])
    norms = torch.stack([torch.stack(torch._foreach_norm(side)).norm().to(cotangent) for side in (g, t)])
    left, right, g_norm, t_norm = torch.cat([sides, norms]).tolist()
    relative, absolute = TOLERANCE[logits_dot.dtype]
    if abs(left - right) > relative * max(abs(left), abs(right)) + absolute * g_norm * t_norm:
        raise PushforwardError(
            f"pushforward: it is not the transpose of the network's backward, {left:.6g} against {right:.6g}: a hook "
            'that changes gradients does this. Way out: remove the hook, or engine="double_backward", which follows it'
        )
