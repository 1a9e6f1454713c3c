"""The engine on a GPU: cuDNN's nodes, its attention kernels, autocast, streams."""

import contextlib
import copy

import pytest
import torch
from shared.networks import CLASSES, NETWORKS
from torch import nn
from torch.nn.attention import SDPBackend, sdpa_kernel

import famus_ext as famus
from famus_ext.network.graph import topological_order

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="torch finds no GPU"),
]

# cuDNN's convolutions of float32 round more than a plain sum does, and a meta gradient is a difference of near numbers.
TOLERANCE = {torch.float64: 1e-10, torch.float32: 1e-4}


@pytest.fixture(autouse=True)
def _full_precision():
    """Without TF32, so that the tolerances are those of the dtype."""
    before = torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    yield
    torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32 = before


def batches(inputs, dtype, layout=torch.contiguous_format):
    torch.manual_seed(1)
    found = []
    for n in (8, 6):
        x = inputs(n)
        x = x.to(dtype) if x.is_floating_point() else x
        x = x.cuda().to(memory_format=layout) if x.dim() == 4 else x.cuda()
        found.append((x, torch.randint(0, CLASSES, (n,)).cuda()))
    return found


def flat(grads):
    return torch.cat([grad.flatten().double() for grad in grads.values()])


def compare(network, meta_model, sampler, batch, meta_batch, tolerance):
    results = []
    for engine in ("pushforward", "double_backward"):
        model, meta, gates = copy.deepcopy((network, meta_model, sampler))
        torch.manual_seed(2)
        results.append(famus.sampled_meta_grad(model, meta, batch, meta_batch, lr=0.3, sampler=gates, engine=engine))
    fast, exact = results
    error = float((flat(fast.grads) - flat(exact.grads)).norm() / flat(exact.grads).norm())
    assert error <= tolerance
    if fast.sampler_grads:
        torch.testing.assert_close(fast.gate_grads, exact.gate_grads, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last], ids=["contiguous", "channels-last"])
@pytest.mark.parametrize("dtype", TOLERANCE, ids=str)
@pytest.mark.parametrize("name", NETWORKS)
def test_networks(name, dtype, layout):
    build, inputs = NETWORKS[name]
    torch.manual_seed(0)
    network = build().to("cuda", dtype)
    network = network.to(memory_format=layout) if inputs(1).dim() == 4 else network
    meta_model = famus.MWNet(8).to("cuda", dtype)
    # Double backward takes attention apart, and would draw another mask than the fused kernel.
    unfused = name == "attention with dropout"
    with sdpa_kernel(SDPBackend.MATH) if unfused else contextlib.nullcontext():
        compare(network, meta_model, famus.AllLayers(), *batches(inputs, dtype, layout), TOLERANCE[dtype])


@pytest.mark.parametrize("meta_model", [famus.MWNet, famus.L2R])
def test_learned_sampler(meta_model):
    build, inputs = NETWORKS["wide residual"]
    torch.manual_seed(3)
    network = build().to("cuda", torch.float64)
    sampler = famus.GumbelSampler(network, 2).double()
    assert next(sampler.parameters()).is_cuda
    meta = meta_model().to("cuda", torch.float64)
    compare(network, meta, sampler, *batches(inputs, torch.float64), 1e-10)


@pytest.mark.parametrize("backend", ["FLASH_ATTENTION", "EFFICIENT_ATTENTION", "CUDNN_ATTENTION"])
@pytest.mark.parametrize("causal", [False, True])
def test_fused_attention(backend, causal):
    """Each fused kernel in bfloat16 against the plain form in float64."""
    torch.manual_seed(4)
    wide = [torch.randn(2, 4, 64, 32, device="cuda", dtype=torch.float64) for _ in range(6)]
    q, k, v = (t.bfloat16().requires_grad_() for t in wide[:3])
    with sdpa_kernel(getattr(SDPBackend, backend)):
        out = nn.functional.scaled_dot_product_attention(q, k, v, is_causal=causal)
    assert "ScaledDotProduct" in out.grad_fn.name()
    tangents = [t.bfloat16() for t in wide[3:]]

    def plain(q, k, v):
        scores = q @ k.transpose(-2, -1) / 32**0.5
        if causal:
            scores = scores.masked_fill(torch.ones(64, 64, device="cuda").tril().logical_not(), -torch.inf)
        return scores.softmax(-1) @ v

    expected = torch.func.jvp(
        plain, tuple(t.detach().double() for t in (q, k, v)), tuple(t.double() for t in tangents)
    )[1]
    found = famus.pushforward(out, dict(zip((q, k, v), tangents, strict=True)))
    assert float((found.double() - expected).norm()) < 1e-2 * float(expected.norm())


@pytest.mark.parametrize("backend", ["FLASH_ATTENTION", "EFFICIENT_ATTENTION", "CUDNN_ATTENTION"])
def test_dropout_in_fused_attention(backend):
    """Against the slope of the kernel itself, which draws the same mask from the same seed."""
    torch.manual_seed(4)
    q, k, v, *tangents = (torch.randn(2, 4, 100, 32, device="cuda").bfloat16() for _ in range(6))

    def attention(v):
        torch.manual_seed(5)
        with sdpa_kernel(getattr(SDPBackend, backend)):
            return nn.functional.scaled_dot_product_attention(q, k, v, dropout_p=0.3)

    q, k, v = (t.requires_grad_() for t in (q, k, v))
    out = attention(v)
    assert "ScaledDotProduct" in out.grad_fn.name()
    # Attention is linear in the values.
    found = famus.pushforward(out, {v: tangents[2]})
    expected = attention(tangents[2])
    assert float((found - expected).float().norm()) < 2e-2 * float(expected.float().norm())
    # Scores that move alike for all keys of a query change nothing.
    still = famus.pushforward(out, {k: tangents[1][:, :, :1].expand_as(k).contiguous()})
    assert float(still.float().norm()) < 2e-2 * float(expected.float().norm())


RECURRENT = {"lstm": nn.LSTM, "gru": nn.GRU, "rnn": nn.RNN}


@pytest.mark.parametrize("kind", RECURRENT)
def test_recurrent(kind):
    """cuDNN's network, and the same without cuDNN."""
    torch.manual_seed(4)
    net = RECURRENT[kind](4, 6, 2, batch_first=True, bidirectional=True).double().cuda()
    x = torch.randn(3, 7, 4, dtype=torch.float64, device="cuda", requires_grad=True)
    tangents = {leaf: torch.randn_like(leaf) for leaf in (x, *net.parameters())}
    out = net(x)[0]
    assert "CudnnRnn" in {node.name().removesuffix("Backward0") for node in topological_order(out)}
    found = famus.pushforward(out, tangents)
    with torch.backends.cudnn.flags(enabled=False):
        expected = famus.pushforward(net(x)[0], tangents)
    torch.testing.assert_close(found, expected, rtol=1e-9, atol=1e-11)


def test_rms_norm():
    torch.manual_seed(4)
    x, weight = (torch.randn(s, dtype=torch.float64, device="cuda", requires_grad=True) for s in ((3, 4, 5), (5,)))
    tangents = [torch.randn_like(t) for t in (x, weight)]

    def plain(x, weight):
        return x * (x * x).mean(-1, keepdim=True).add(1e-5).rsqrt() * weight

    expected = torch.func.jvp(plain, (x.detach(), weight.detach()), tuple(tangents))[1]
    out = nn.functional.rms_norm(x, (5,), weight, 1e-5)
    found = famus.pushforward(out, {x: tangents[0], weight: tangents[1]})
    torch.testing.assert_close(found, expected, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_autocast(dtype):
    """No further from float32 than double backward under the same autocast, with room for chance."""
    build, inputs = NETWORKS["wide residual"]
    torch.manual_seed(0)
    network, meta_model = build().float().cuda(), famus.MWNet(8).cuda()
    batch, meta_batch = batches(inputs, torch.float32)
    single = flat(famus.sampled_meta_grad(network, meta_model, batch, meta_batch, lr=0.3).grads)
    errors = []
    for engine in ("pushforward", "double_backward"):
        with torch.autocast("cuda", dtype=dtype):
            result = famus.sampled_meta_grad(network, meta_model, batch, meta_batch, lr=0.3, engine=engine)
        errors.append(float((flat(result.grads) - single).norm() / single.norm()))
    assert errors[0] < 2 * errors[1] + 0.02


def test_another_stream():
    build, inputs = NETWORKS["wide residual"]
    torch.manual_seed(0)
    network, meta_model = build().double().cuda(), famus.MWNet(8).double().cuda()
    batch, meta_batch = batches(inputs, torch.float64)
    network.eval()
    expected = famus.sampled_meta_grad(network, meta_model, batch, meta_batch, lr=0.3).grads
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        found = famus.sampled_meta_grad(network, meta_model, batch, meta_batch, lr=0.3).grads
    torch.cuda.synchronize()
    torch.testing.assert_close(flat(found), flat(expected), rtol=1e-12, atol=1e-14)


def test_steps_train():
    build, inputs = NETWORKS["wide residual"]
    torch.manual_seed(0)
    network = build().float().cuda()
    step = famus.MetaStep(
        network,
        torch.optim.SGD(network.parameters(), lr=0.1, momentum=0.9),
        famus.MWNet().cuda(),
        famus.GumbelSampler(network, 2),
    )
    ((x, y), _) = batches(inputs, torch.float32)
    losses = [step(x, y, x, y).meta_loss.item() for _ in range(20)]
    assert losses[-1] < 0.7 * losses[0]
