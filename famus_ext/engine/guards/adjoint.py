"""A check of the pushforward in every step: it must be the transpose of the backward that the step ran anyway."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from famus_ext._widest import widened
from famus_ext.engine.virtual_train import VirtualTrain
from famus_ext.errors import PushforwardError
from famus_ext.ops import layer_dots

# Share of the two products themselves, and of ‖g‖ ‖t‖: well above what rounding does (TF32 included, in float32),
# well below what a wrong factor in one layer does. ‖g‖ is that of all layers, since the gradient of a single one can be
# rounding alone: a bias before BatchNorm has none.
TOLERANCE = {torch.float64: (1e-6, 1e-10), torch.float32: (1e-2, 1e-4)}


@torch.no_grad()
def adjoint_products(
    cotangent: Tensor, logits_dot: Tensor, virtual: VirtualTrain, tangents: dict[str, Tensor]
) -> Tensor | None:
    """⟨∂ℓ/∂z, J t⟩, ⟨Jᵀ ∂ℓ/∂z, t⟩ = Σ ⟨g, t⟩, and ‖g‖ ‖t‖, for `check_adjoint`.

    Half precision, where both sides round, is not checked.

    Args:
        cotangent: ∂ℓ/∂z, [N, ...].
        logits_dot: ż = J t, [N, ...].
        virtual: g and its norm; a meta model that starts at zero has none, and nothing is checked.
        tangents: t by name.

    Returns:
        The numbers [3], on the device, in its widest dtype; None where nothing is to be checked.
    """
    moved = [(g, t) for name, t in tangents.items() if (g := virtual.gradients.get(name)) is not None]
    half = logits_dot.dtype not in TOLERANCE or any(g.dtype not in TOLERANCE for g, _ in moved)
    if virtual.norm is None or not moved or half or torch.is_autocast_enabled(logits_dot.device.type):
        return None
    gradients, directions = [g for g, _ in moved], [t for _, t in moved]
    length = torch.stack(torch._foreach_norm(directions)).float().norm()
    numbers = [(cotangent * logits_dot).sum(), layer_dots([gradients], [directions])[0], virtual.norm * length]
    return torch.stack([widened(number) for number in numbers])


def check_adjoint(products: Sequence[float], dtype: torch.dtype) -> None:
    """Raise unless the first two of `adjoint_products` are equal, to what rounding in the logits' dtype does.

    A gradient hook breaks this: autograd runs it on the way back, and nothing of it is left in the graph.

    Raises:
        PushforwardError: They differ.
    """
    left, right, size = products
    relative, absolute = TOLERANCE[dtype]
    if abs(left - right) > relative * max(abs(left), abs(right)) + absolute * size:
        raise PushforwardError(
            f"pushforward: it is not the transpose of the network's backward, {left:.6g} against {right:.6g}: a hook "
            "that changes gradients does this, or a backward that is not the derivative of its forward. Way out: "
            'remove the hook, or engine="double_backward", which follows it'
        )
