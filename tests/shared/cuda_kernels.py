"""Kernels that PyTorch has on a GPU alone, stood in for on the CPU: autograd's nodes are then those of a GPU."""

import contextlib
import math

import torch

aten = torch.ops.aten


@contextlib.contextmanager
def on_the_cpu():
    """Call them by their names in `torch.ops.aten` inside."""
    with torch.library._scoped_library("aten", "IMPL") as library:
        for name, kernel in KERNELS.items():
            if hasattr(aten, name):  # PyTorch 2.6 lacks some
                library.impl(name, kernel, "CPU")
        yield


def _batch_norm(x, weight, bias, mean, var, training, momentum, epsilon):
    answers = aten.native_batch_norm(x, weight, bias, mean, var, training, momentum, epsilon)
    return *answers, x.new_empty(0, dtype=torch.uint8)


def _rms_norm(x, shape, weight, epsilon):
    inverse_rms = (x.square().mean(tuple(range(-len(shape), 0)), keepdim=True) + epsilon).rsqrt()
    return x * inverse_rms * (1 if weight is None else weight), inverse_rms


def _rnn(x, weights, stride, buffer, hx, cx, mode, *rest):
    _, _, layers, batch_first, _, train, bidirectional, sizes, _ = rest
    function = (torch.rnn_relu, torch.rnn_tanh, torch.lstm, torch.gru)[mode]
    state = hx if cx is None else (hx, cx)
    kind = (state, weights, stride >= 4, layers, 0.0, train, bidirectional)
    found = function(x, torch.tensor(sizes), *kind) if sizes else function(x, *kind, batch_first)
    empty = [x.new_empty(0) for _ in range(5 - len(found))]
    return *(t.clone() for t in found), *empty


def _gates(from_input, from_hidden, biases, pieces):
    left, right = (t if b is None else t + b for t, b in zip((from_input, from_hidden), biases, strict=True))
    return left.chunk(pieces, 1), right.chunk(pieces, 1)


def _lstm_cell(from_input, from_hidden, cx, *biases):
    left, right = _gates(from_input, from_hidden, (*biases, None, None)[:2], 4)
    i, f, g, o = (a + b for a, b in zip(left, right, strict=True))
    cy = f.sigmoid() * cx + i.sigmoid() * g.tanh()
    return o.sigmoid() * cy.tanh(), cy, cx.new_empty(0)


def _gru_cell(from_input, from_hidden, hx, *biases):
    left, right = _gates(from_input, from_hidden, (*biases, None, None)[:2], 3)
    r, z = ((left[k] + right[k]).sigmoid() for k in (0, 1))
    n = (left[2] + r * right[2]).tanh()
    return n + z * (hx - n), hx.new_empty(0)


def attention_weights(q, k, bias, causal, scale):
    """P."""
    scores = q @ k.mT * (1 / math.sqrt(q.shape[-1]) if scale is None else scale)
    scores = scores if bias is None else scores + bias
    future = torch.ones(scores.shape[-2:], dtype=torch.bool).triu(1)
    return (scores.masked_fill(future, -math.inf) if causal else scores).softmax(-1)


def dropout_mask(shape, p, seed, dtype):
    """D / (1 - p), as drawn from the seed."""
    kept = torch.rand(shape, generator=torch.Generator().manual_seed(int(seed)), dtype=torch.float64) >= p
    return kept.to(dtype) / (1 - p)


SEED = 7


def _attention(q, k, v, bias, p, causal, scale):
    weights = attention_weights(q, k, bias, causal, scale)
    out = (weights * dropout_mask(weights.shape, p, SEED, q.dtype)) @ v
    return out, q.new_empty(q.shape[:3]), torch.tensor(SEED), torch.tensor(0)


def _grad_attention(grad, q, k, v, bias, p, causal, scale, seed):
    weights = attention_weights(q, k, bias, causal, scale)
    mask = dropout_mask(weights.shape, p, seed, q.dtype)
    moved = weights * mask * (grad @ v.mT)
    scores = (moved - weights * moved.sum(-1, keepdim=True)) * (1 / math.sqrt(q.shape[-1]) if scale is None else scale)
    return scores @ k, scores.mT @ q, (weights * mask).mT @ grad


def _efficient(q, k, v, bias, compute, p=0.0, causal=False, *, scale=None):
    return _attention(q, k, v, bias, p, causal, scale)


def _grad_efficient(grad, q, k, v, bias, out, sums, seed, offset, p, wanted, causal=False, *, scale=None):
    return *_grad_attention(grad, q, k, v, bias, p, causal, scale, seed), None


def _flash(q, k, v, p=0.0, causal=False, debug=False, *, scale=None):
    out, sums, seed, zero = _attention(q, k, v, None, p, causal, scale)
    return out, sums, zero, zero, q.shape[2], k.shape[2], seed, zero, zero


def _grad_flash(grad, q, k, v, out, sums, starts_q, starts_k, most_q, most_k, p, causal, seed, offset, *, scale=None):
    return _grad_attention(grad, q, k, v, None, p, causal, scale, seed)


def _cudnn(q, k, v, bias, compute, p=0.0, causal=False, debug=False, *, scale=None):
    out, sums, seed, zero = _attention(q, k, v, bias, p, causal, scale)
    return out, sums, zero, zero, q.shape[2], k.shape[2], seed, zero, zero


def _grad_cudnn(grad, q, k, v, out, sums, seed, offset, bias, *rest, scale=None):
    *_, p, causal = rest
    return _grad_attention(grad, q, k, v, bias, p, causal, scale, seed)


KERNELS = {
    "cudnn_batch_norm": _batch_norm,
    "_fused_rms_norm": _rms_norm,
    "_cudnn_rnn": _rnn,
    "_thnn_fused_lstm_cell": _lstm_cell,
    "_thnn_fused_gru_cell": _gru_cell,
    "cudnn_grid_sampler": lambda x, grid: aten.grid_sampler_2d(x, grid, 0, 0, True),
    "_scaled_dot_product_efficient_attention": _efficient,
    "_scaled_dot_product_efficient_attention_backward": _grad_efficient,
    "_scaled_dot_product_flash_attention": _flash,
    "_scaled_dot_product_flash_attention_backward": _grad_flash,
    "_scaled_dot_product_cudnn_attention": _cudnn,
    "_scaled_dot_product_cudnn_attention_backward": _grad_cudnn,
}
