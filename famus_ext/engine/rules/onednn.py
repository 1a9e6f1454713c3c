"""oneDNN's LSTM layer, which a CPU runs: from the hidden states, which are known, every gate in one product.

With a_t = W x_t + U h_{t-1} + b and (i, f, g, o) = (σ, σ, tanh, σ)(a_t), c_t = f c_{t-1} + i g, h_t = o tanh c_t:

    ȧ_t = W ẋ_t + Ẇ x_t + U̇ h_{t-1} + ḃ + U ḣ_{t-1}             all but the last term for every t at once
    ċ_t = g i' ȧ_i + c_{t-1} f' ȧ_f + i g' ȧ_g + f ċ_{t-1}
    ḣ_t = tanh(c_t) o' ȧ_o + o (1 - tanh² c_t) ċ_t
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor
from torch.autograd.graph import Node

from famus_ext.engine.rules.general import general
from famus_ext.engine.rules.protocol import Rule, Tangents, saved

_LSTM = 2
"""As oneDNN's node numbers its modes."""


def lstm_layer(node: Node, tangents: Tangents) -> Tangents:
    """One direction of one layer; slots input, W, U, two biases, h_0, c_0, outputs h of all steps, h_n, c_n."""
    if saved(node, "mode") != _LSTM or saved(node, "batch_sizes"):
        return general(node, tangents)
    dtype = torch.promote_types(saved(node, "result0").dtype, torch.float32)

    def in_order(sequence: Tensor) -> Tensor:
        return sequence.flip(0) if saved(node, "reverse") else sequence

    # Without biases their slots hold something else.
    biases = ("weight2", "weight3") if saved(node, "has_biases") else ()
    x, h, h_0, c_0, *parameters = (
        saved(node, name).to(dtype) for name in ("input", "result0", "hx_", "cx_", "weight0", "weight1", *biases)
    )
    moving = [None if tangent is None else tangent.to(dtype) for tangent in tangents]
    x, h, x_dot = in_order(x), in_order(h), None if moving[0] is None else in_order(moving[0])
    before = torch.cat([h_0.unsqueeze(0), h[:-1]])
    w, u, *offsets = parameters
    slopes, forget, to_hidden = _slopes(_affine([(x, w), (before, u)], offsets, like=before), c_0)
    driven = _affine([(x_dot, w), (x, moving[1]), (before, moving[2])], moving[3:5], like=before)
    h_dot, c_dot = (torch.zeros_like(c_0) if state is None else state for state in moving[5:])
    found = []
    for at_rest, slope, kept, shown in zip(driven, slopes, forget, to_hidden, strict=True):
        *into_cell, into_hidden = (torch.addmm(at_rest, h_dot, u.mT) * slope).chunk(4, -1)
        c_dot = torch.addcmul(sum(into_cell), kept, c_dot)
        h_dot = torch.addcmul(into_hidden, shown, c_dot)
        found.append(h_dot)
    kind = saved(node, "result0").dtype
    return in_order(torch.stack(found)).to(kind), h_dot.to(kind), c_dot.to(kind)


def _affine(
    products: Sequence[tuple[Tensor | None, Tensor | None]], offsets: Sequence[Tensor | None], like: Tensor
) -> Tensor:
    """Σ a bᵀ plus the offsets, of what is there: [T, N, 4H] for `like` [T, N, H]."""
    steps, size, width = like.shape
    total = sum((offset for offset in offsets if offset is not None), like.new_zeros(4 * width))
    for a, b in products:
        if a is not None and b is not None:
            total = torch.addmm(total, a.flatten(0, 1), b.mT)
    return total.expand(steps * size, -1).view(steps, size, -1)


def _slopes(a: Tensor, c_0: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The slopes by a_t, of c_t in i, f, g and of h_t in o [T, N, 4H]; ∂c_t/∂c_{t-1} and ∂h_t/∂c_t [T, N, H]."""
    i, f, g, o = a.chunk(4, -1)
    i, f, g, o = i.sigmoid(), f.sigmoid(), g.tanh(), o.sigmoid()
    cells = [c_0]
    for new, kept in zip(i * g, f, strict=True):
        cells.append(torch.addcmul(new, kept, cells[-1]))
    before, after = map(torch.stack, zip(*pairwise(cells), strict=True))
    outward = after.tanh()
    slopes = [g * i * (1 - i), before * f * (1 - f), i * (1 - g * g), outward * o * (1 - o)]
    return torch.cat(slopes, -1), f, o * (1 - outward * outward)


ONEDNN_RULES: dict[str, Rule] = {"MkldnnRnnLayer": lstm_layer}
