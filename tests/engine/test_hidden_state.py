"""What a network does beside its forward pass: checkpoints, hooks, buffers that come and go, casts of its own."""

import copy

import pytest
import torch
from shared.networks import CLASSES
from shared.rule_cases import tripling
from torch import nn
from torch.utils.checkpoint import checkpoint

import famus_ext as famus
from famus_ext import PushforwardError, pushforward


class Blocks(nn.Module):
    """Three blocks; the middle one is checkpointed or not."""

    def __init__(self, reentrant=None):
        super().__init__()
        self.stem = nn.Linear(6, 8)
        self.middle = nn.Sequential(nn.Linear(8, 8), nn.BatchNorm1d(8), nn.Tanh())
        self.head, self.reentrant = nn.Linear(8, CLASSES), reentrant

    def forward(self, x):
        h = self.stem(x)
        h = self.middle(h) if self.reentrant is None else checkpoint(self.middle, h, use_reentrant=self.reentrant)
        return self.head(h)


def arguments():
    torch.manual_seed(1)
    return [(torch.randn(n, 6, dtype=torch.float64), torch.randint(0, CLASSES, (n,))) for n in (8, 6)]


def flat(result):
    return torch.cat([grad.flatten() for grad in result.grads.values()])


def pair(reentrant):
    torch.manual_seed(0)
    plain, meta_model = Blocks().double(), famus.MWNet(8).double()
    other = Blocks(reentrant).double()
    other.load_state_dict(plain.state_dict())
    return plain, other, meta_model


@pytest.mark.parametrize("engine", ["pushforward", "finite_difference", "double_backward"])
def test_checkpoint(engine):
    """A block that runs again when it is differentiated does so with the weights of its own pass, w or ŵ."""
    plain, other, meta_model = pair(reentrant=False)
    results = [
        famus.sampled_meta_grad(model, meta_model, *arguments(), lr=3.0, engine=engine) for model in (plain, other)
    ]
    torch.testing.assert_close(flat(results[1]), flat(results[0]), rtol=1e-10, atol=1e-14)


def test_checkpoint_updates_statistics_once():
    plain, other, meta_model = pair(reentrant=False)
    for model in (plain, other):
        famus.sampled_meta_grad(model, meta_model, *arguments(), lr=3.0)
    for (name, a), b in zip(plain.named_buffers(), other.buffers(), strict=True):
        torch.testing.assert_close(b, a, msg=name)


def test_reentrant_checkpoint_is_refused():
    _, other, _ = pair(reentrant=True)
    x = torch.randn(5, 6, dtype=torch.float64, requires_grad=True)
    outputs = other(x)
    with pytest.raises(PushforwardError, match="use_reentrant=False"):
        pushforward(outputs, {other.head.weight: torch.ones(CLASSES, 8, dtype=torch.float64)})
    assert all(p.grad is None for p in other.parameters())


def halved(model):
    model.middle.register_full_backward_hook(lambda module, grads, _: tuple(g * 0.5 for g in grads if g is not None))


def masked(model):
    model.middle[0].weight.register_hook(lambda grad: grad * 0.2)


def inner(model):
    model.stem.register_forward_hook(lambda module, inputs, out: out.register_hook(lambda grad: grad * 0.5) and None)


@pytest.mark.parametrize("hook", [halved, masked, inner])
def test_hook_that_changes_gradients_is_refused(hook):
    model, _, meta_model = pair(reentrant=None)
    hook(model)
    with pytest.raises(PushforwardError, match=r"hook.*double_backward"):
        famus.sampled_meta_grad(model, meta_model, *arguments(), lr=0.3)
    famus.sampled_meta_grad(model, meta_model, *arguments(), lr=0.3, engine="double_backward")


@pytest.mark.parametrize("seed", range(5))
def test_a_gradient_that_is_rounding_alone_is_no_hook(seed):
    """A bias before BatchNorm has no gradient; what rounding leaves of it differs between the two directions."""
    torch.manual_seed(seed)
    model = nn.Sequential(nn.Linear(6, 8), nn.BatchNorm1d(8), nn.Linear(8, CLASSES))
    sampler = famus.LastLayers(1, [famus.Layer("bias", ("0.bias",))])
    (x, y), (x_meta, y_meta) = arguments()
    famus.sampled_meta_grad(model, famus.MWNet(8), (x.float(), y), (x_meta.float(), y_meta), lr=0.3, sampler=sampler)


def test_hooks_that_only_look_are_fine():
    model, _, meta_model = pair(reentrant=None)
    expected = famus.sampled_meta_grad(copy.deepcopy(model), meta_model, *arguments(), lr=0.3)
    seen = []
    model.middle.register_full_backward_hook(lambda *_: seen.append("backward"))
    model.head.register_forward_hook(lambda *_: seen.append("forward"))
    model.head.weight.register_hook(lambda grad: seen.append("leaf"))
    found = famus.sampled_meta_grad(model, meta_model, *arguments(), lr=0.3)
    torch.testing.assert_close(flat(found), flat(expected), rtol=1e-12, atol=1e-15)
    assert set(seen) == {"backward", "forward", "leaf"}


def test_function_named_like_an_operation():
    """A user's Function called View is not torch's view."""
    x = torch.randn(4, requires_grad=True)
    torch.testing.assert_close(pushforward(tripling("View").apply(x), {x: torch.ones(4)}), torch.full((4,), 3.0))


COMPLEX = {
    "exp": torch.exp,
    "tanh": torch.tanh,
    "abs": torch.abs,
    "reciprocal": torch.reciprocal,
    "division": lambda z: z / (z * z + 2j),
    "cube": lambda z: z**3,
    "spectrum": lambda z: torch.fft.fft(z * z).abs(),
}


@pytest.mark.parametrize("name", COMPLEX)
def test_complex(name):
    torch.manual_seed(0)
    z, z_dot = (torch.randn(5, dtype=torch.complex128) for _ in range(2))
    expected = torch.func.jvp(COMPLEX[name], (z,), (z_dot,))[1]
    leaf = z.clone().requires_grad_()
    torch.testing.assert_close(pushforward(COMPLEX[name](leaf), {leaf: z_dot}), expected, rtol=1e-11, atol=1e-12)


def test_a_query_that_may_look_nowhere():
    """A padded example's row of the mask is all -inf; its tangent is zero, not NaN."""
    torch.manual_seed(0)
    q, k, v = (torch.randn(1, 2, 4, 4, dtype=torch.float64, requires_grad=True) for _ in range(3))
    mask = torch.zeros(4, 4, dtype=torch.float64)
    mask[2] = -torch.inf
    out = nn.functional.scaled_dot_product_attention(q, k, v, mask)
    assert "ScaledDotProduct" in out.grad_fn.name()
    found = pushforward(out, {t: torch.randn_like(t) for t in (q, k, v)})
    assert found.isfinite().all()
    assert not found[:, :, 2].any()


def test_the_result_is_the_callers_own():
    w = torch.randn(6, requires_grad=True)
    tangent = torch.ones(6)
    pushforward(w.view(2, 3), {w: tangent}).mul_(5)
    assert torch.equal(tangent, torch.ones(6))


class Lazy(nn.Module):
    """A buffer made in the forward pass, as position caches are."""

    def __init__(self):
        super().__init__()
        self.body = nn.Linear(6, CLASSES)
        self.register_buffer("cache", torch.zeros(1))

    def forward(self, x):
        self.cache = torch.arange(len(x), dtype=x.dtype)
        return self.body(x)


def test_failure_with_buffers_made_on_the_way():
    model = Lazy().double()
    (x, y), meta_batch = arguments()
    with pytest.raises(famus.NonFiniteError):
        famus.sampled_meta_grad(model, famus.MWNet(8).double(), (x / 0, y), meta_batch, lr=0.1)
    assert torch.equal(model.cache, torch.zeros(1))


def test_precision_of_the_meta_model_and_of_soft_labels_is_free():
    torch.manual_seed(0)
    model = nn.Linear(6, CLASSES).double()
    (x, y), (x_meta, y_meta) = arguments()
    soft, meta_model = nn.functional.one_hot(y, CLASSES).float(), famus.MWNet(8)
    hard, same = (
        famus.sampled_meta_grad(model, meta_model, (x, targets), (x_meta, y_meta), lr=0.1) for targets in (y, soft)
    )
    torch.testing.assert_close(same.loss, hard.loss, rtol=1e-6, atol=0)
    torch.testing.assert_close(flat(same), flat(hard), rtol=1e-4, atol=1e-9)


def test_largest_floats_are_finite():
    famus.errors.require_finite({"a": torch.full((4,), 1e300, dtype=torch.float64), "b": torch.full((4,), 3e38)})
