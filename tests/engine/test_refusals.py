"""What the pushforward cannot pass it names, with the way out."""

import pytest
import torch
from torch import nn
from torch.autograd.function import once_differentiable

import famus_ext as famus
from famus_ext import PushforwardError, pushforward


class Once(torch.autograd.Function):
    """Differentiable once, and says so."""

    @staticmethod
    def forward(ctx, x):
        return x * 2

    @staticmethod
    @once_differentiable
    def backward(ctx, grad):
        return grad * 2


class Native(torch.autograd.Function):
    """A backward in code that autograd does not see, as native kernels are."""

    @staticmethod
    def forward(ctx, x):
        return x * 2

    @staticmethod
    def backward(ctx, grad):
        return torch.from_numpy(grad.detach().numpy() * 2)


class Partly(torch.autograd.Function):
    """A backward of which autograd sees half: its second derivative lacks a term."""

    @staticmethod
    def forward(ctx, x):
        return x * 2

    @staticmethod
    def backward(ctx, grad):
        return grad + grad.detach()


@pytest.mark.parametrize("function", [Once, Native, Partly])
def test_own_function_without_a_second_derivative(function):
    x = torch.randn(5, requires_grad=True)
    with pytest.raises(PushforwardError, match=rf"{function.__name__}Backward.*finite_difference"):
        pushforward(function.apply(x), {x: torch.ones(5)})


class Segments(nn.Module):
    """Sums of three entries, by an operation that PyTorch can differentiate once only."""

    def forward(self, x):
        lengths = torch.full((x.shape[1] // 3,), 3).expand(len(x), -1).contiguous()
        return torch.segment_reduce(x, "sum", lengths=lengths, axis=1)


def test_fused_operation_without_a_second_derivative():
    x = torch.randn(2, 6, requires_grad=True)
    with pytest.raises(PushforwardError, match=r"SegmentReduceBackward0.*not implemented.*finite_difference"):
        pushforward(Segments()(x), {x: torch.ones(2, 6)})


def test_the_way_out_works():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(5, 9), Segments(), nn.Tanh(), nn.Linear(3, 4))
    x, y = torch.randn(6, 5), torch.randint(0, 4, (6,))
    with pytest.raises(PushforwardError):
        famus.sampled_meta_grad(model, famus.MWNet(8), (x, y), (x, y), lr=0.1)
    result = famus.sampled_meta_grad(model, famus.MWNet(8), (x, y), (x, y), lr=0.1, engine="finite_difference")
    assert all(grad.isfinite().all() for grad in result.grads.values())
    assert any(grad.any() for grad in result.grads.values())


def test_compiled_region():
    net = nn.Sequential(nn.Linear(4, 4), nn.Tanh())
    compiled = torch.compile(net, backend="aot_eager")
    with pytest.raises(PushforwardError, match=r"CompiledFunctionBackward.*torch\.compile.*plain module"):
        pushforward(compiled(torch.randn(2, 4)), {net[0].weight: torch.ones(4, 4)})


def test_graph_already_freed():
    net = nn.Sequential(nn.Linear(4, 4), nn.Tanh(), nn.Linear(4, 2))
    outputs = net(torch.randn(3, 4))
    outputs.sum().backward()
    with pytest.raises(PushforwardError, match=r"freed.*retain_graph=True"):
        pushforward(outputs, {net[0].weight: torch.ones(4, 4)})


def test_network_edited_in_place():
    net = nn.Sequential(nn.Linear(4, 4), nn.Tanh(), nn.Linear(4, 2))
    outputs = net(torch.randn(3, 4))
    with torch.no_grad():
        net[2].weight.add_(1)
    with pytest.raises(PushforwardError, match="changed in place"):
        pushforward(outputs, {net[0].weight: torch.ones(4, 4)})


def test_finite_difference_in_half_precision():
    model = nn.Linear(4, 3).bfloat16()
    x, y = torch.randn(5, 4).bfloat16(), torch.randint(0, 3, (5,))
    with pytest.raises(ValueError, match=r"finite_difference.*half precision"):
        famus.sampled_meta_grad(model, famus.MWNet(8).bfloat16(), (x, y), (x, y), lr=0.1, engine="finite_difference")


BAD = {
    "no tensor": (lambda x: ([1.0], {}), TypeError, "outputs"),
    "no graph": (lambda x: (torch.ones(3), {}), ValueError, "outputs"),
    "not a leaf": (lambda x: (x * 2, {x * 2: torch.ones(3)}), ValueError, "leaves"),
    "no grad": (lambda x: (x * 2, {torch.ones(3): torch.ones(3)}), ValueError, "leaves"),
    "shape": (lambda x: (x * 2, {x: torch.ones(4)}), ValueError, r"\[3\].*got \[4\]"),
    "dtype": (lambda x: (x * 2, {x: torch.ones(3, dtype=torch.float64)}), ValueError, "float64"),
    "device": (lambda x: (x * 2, {x: torch.ones(3, device="meta")}), ValueError, "meta"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_arguments(name):
    arguments, error, message = BAD[name]
    with pytest.raises(error, match=message):
        pushforward(*arguments(torch.ones(3, requires_grad=True)))


@pytest.mark.parametrize(
    ("meta_model", "options", "reason"),
    [
        (famus.MWNet, {"schedule": "merged"}, "records the forward pass on copies"),
        (famus.MWNet, {"engine": "ghost"}, "computes gradients itself"),
        (famus.L2R, {}, "a sweep for L2R would not see it"),
    ],
)
@pytest.mark.parametrize("kind", ["register_hook", "register_post_accumulate_grad_hook"])
def test_hooks_on_parameters_that_would_not_count(kind, meta_model, options, reason):
    """A mask on a weight's gradient, say."""
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 3))
    getattr(model[0].weight, kind)(lambda gradient: None)
    step = famus.MetaStep(model, torch.optim.SGD(model.parameters(), lr=0.1), meta_model(), **options)
    before = [p.detach().clone() for p in model.parameters()]
    with pytest.raises(ValueError, match=rf"0\.weight has a hook.*{reason}"):
        step(torch.randn(5, 4), torch.zeros(5, dtype=torch.int64), torch.randn(5, 4), torch.zeros(5, dtype=torch.int64))
    assert all(torch.equal(p, old) for p, old in zip(model.parameters(), before, strict=True))
