import torch
from hypothesis import given
from hypothesis import strategies as st
from shared import gate_cases
from shared.fuzz_cases import DTYPES, SEEDS, share_of_tolerance

from famus_ext.ops import gumbel_gates

LAYERS = st.lists(st.integers(0, 300), min_size=1, max_size=5)
HIDDEN = st.one_of(st.integers(1, 9), st.integers(1, 150))
# A gate is decided by rounding where the logits are nearer to one another than this.
TIE = 1e-4
# A bound on the terms of a logit.
LOGIT = 10


def exact(gate, noise, cotangent, temperature):
    """The decisive difference d, and of each gradient the entries and the sizes of their terms, in float64."""
    x, W, b, a, V, c = (t.detach().cpu().double() for t in gate)
    h, size_h = W @ x + b, W.abs() @ x.abs() + b.abs()
    v = V[1] - V[0]
    d = v @ torch.where(h > 0, h, a * h) + (c + noise).diff()
    # s (1 - s) / temperature without the cancellation in 1 - s.
    e = torch.exp(-d.abs() / temperature)
    delta = cotangent * e / (1 + e) ** 2 / temperature
    slope = torch.where(h > 0, 1, a)
    grad_p, grad_h = delta * v, delta * v * slope
    grad_v = delta * slope * h
    grads = W.T @ grad_h, grad_h.outer(x), grad_h, (grad_p * h)[h <= 0].sum()[None], torch.stack([-grad_v, grad_v])
    size_v = delta.abs() * slope.abs() * size_h
    sizes = (
        W.abs().T @ grad_h.abs(),
        grad_h.outer(x).abs(),
        grad_h.abs(),
        (grad_p.abs() * size_h).sum()[None],
        torch.stack([size_v, size_v]),
    )
    grad_c = torch.stack([-delta, delta]).flatten()
    return d, zip((*grads, grad_c), (*sizes, grad_c.abs()), strict=True)


@given(
    sizes=LAYERS,
    hidden=HIDDEN,
    dtype=DTYPES,
    dtype_of_x=DTYPES,
    layout=st.sampled_from(gate_cases.LAYOUTS),
    temperature=st.sampled_from((0.1, 0.7, 5.0)),
    seed=SEEDS,
)
def test_fuzz(device, tally, sizes, hidden, dtype, dtype_of_x, layout, temperature, seed):
    """The gates of any layers and their gradients, against the formula in float64."""
    gates = gate_cases.gates(dtype, sizes, hidden, layout, seed, device)
    gates = [[gate[0].to(dtype_of_x), *gate[1:]] for gate in gates]
    noise = gate_cases.noise(len(gates), torch.promote_types(dtype, torch.float32), seed).to(device)
    cotangent = gate_cases.cotangent(len(gates), seed).to(dtype)
    leaves = [t.requires_grad_() for gate in gates for t in gate]
    r = gumbel_gates([x for x, *_ in gates], gate_cases.vector(gates), noise, temperature)
    shares = []
    grads = iter(torch.autograd.grad(r, leaves, cotangent.to(device)))
    for gate, z, bar, gate_noise in zip(gates, r.tolist(), cotangent.double(), noise.cpu().double(), strict=True):
        d, expected = exact(gate, gate_noise, bar, temperature)
        assert abs(d) < TIE or z == (d > 0)
        for reference, size in expected:
            # The soft sample's derivative carries the error of the logits, which are sums too.
            shares.append(share_of_tolerance(next(grads), reference, LOGIT / temperature * size, dtype))
    tally(*shares)
