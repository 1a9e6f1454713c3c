"""What gumbel_gates is tested on, and its formula, written out in float64 and differentiated by autograd."""

import itertools

import torch
from shared import op_cases

from famus_ext.ops import gumbel_gates

# Lengths of x: none, 1, primes, 2^k and 2^k + 1 around a warp (32) and a block (256); one long.
SIZES = (0, 1, 5, 31, 32, 33, 257, 1280)
# Widths of Γ around the rows that a warp takes at a time (4), those of a block (32), and a block's threads (256).
HIDDEN = (1, 4, 5, 33, 128, 300)
TEMPERATURE = 0.7
# Where all entries are equal, as in op_cases' last layout, logits cancel.
LAYOUTS = [name for name in op_cases.LAYOUTS if name != "expanded"]


def shapes(size, hidden):
    """Those of x, W, b, a, V, c."""
    return [(size,), (hidden, size), (hidden,), (1,), (2, hidden), (2,)]


def gates(dtype, sizes=SIZES, hidden=33, layout="contiguous", seed=0, device="cpu"):
    """Of each layer x, W, b, a, V, c: entries of the size that keeps a logit's near 1."""
    found = []
    for layer, size in enumerate(sizes):
        scales = 1.0, max(size, 1) ** -0.5, 1.0, 0.25, max(hidden, 1) ** -0.5, 1.0
        tensors = op_cases.tensors(torch.float64, seed=1000 * seed + layer, shapes=shapes(size, hidden))
        scaled = [(scale * t).to(dtype).to(device) for scale, t in zip(scales, tensors, strict=True)]
        found.append([op_cases.LAYOUTS[layout](t) for t in scaled])
    return found


def vector(gates):
    """η of the gates as the op takes it; differentiable."""
    return torch.cat([t.flatten() for _, *eta in gates for t in eta])


def noise(layers, dtype=torch.float64, seed=5):
    """Gumbel noise [L, 2]."""
    generator = torch.Generator().manual_seed(seed)
    return -torch.empty(layers, 2, dtype=torch.float64).exponential_(generator=generator).log().to(dtype)


def cotangent(layers, seed=6):
    return torch.randn(layers, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def exact(gates, noise, temperature=TEMPERATURE):
    """The decisive differences d [L] and the soft sample [L], in float64, differentiable."""
    differences = []
    for layer, gate in enumerate(gates):
        x, W, b, a, V, c = (t.double() for t in gate)
        h = (W * x).sum(1) + b
        logits = (V * torch.where(h > 0, h, a * h)).sum(1) + c + noise[layer].double()
        differences.append(logits[1] - logits[0])
    d = torch.stack(differences)
    return d, torch.sigmoid(d / temperature)


def exact_gradients(gates, noise, cotangent, temperature=TEMPERATURE):
    """Those of the soft sample, in the order of the tensors."""
    leaves = [[t.detach().cpu().double().requires_grad_() for t in gate] for gate in gates]
    _, soft = exact(leaves, noise.cpu(), temperature)
    return torch.autograd.grad(soft, [t for gate in leaves for t in gate], cotangent)


def draw(gates, noise, temperature=TEMPERATURE):
    """The op on layers of x, W, b, a, V, c."""
    return gumbel_gates([x for x, *_ in gates], vector(gates), noise, temperature)


def leaves(gates):
    return [[t.detach().requires_grad_() for t in gate] for gate in gates]


def flat(gates):
    return list(itertools.chain.from_iterable(gates))
