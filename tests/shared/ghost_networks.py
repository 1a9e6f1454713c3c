"""Networks in which parameters meet the examples in unusual ways, or examples each other."""

import torch
from shared.networks import CLASSES
from torch import nn
from torch.utils.checkpoint import checkpoint


class SequenceFirst(nn.Module):
    """A transformer layer on [length, N, E], as long as the batch is large."""

    def __init__(self):
        super().__init__()
        self.embed, self.head = nn.Linear(4, 8), nn.Linear(8, CLASSES)
        self.layer = nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0, batch_first=False)

    def forward(self, x):
        return self.head(self.layer(self.embed(x[:, :4].transpose(0, 1))).mean(0))


class Tied(nn.Module):
    """A body on the examples, then what is done between them, then a head."""

    def __init__(self, between):
        super().__init__()
        self.body, self.head, self.between = nn.Linear(6, 6), nn.Linear(6, CLASSES), between

    def forward(self, x):
        return self.head(self.between(torch.tanh(self.body(x))))


class FirstPosition(SequenceFirst):
    """Reads the logits off the first position: the others' rows have no gradient."""

    def forward(self, x):
        return self.head(self.layer(self.embed(x[:, :4].transpose(0, 1)))[0])


class SplitWeights(nn.Module):
    """Attention whose query, key and value differ: the three are slices of one weight."""

    def __init__(self):
        super().__init__()
        self.q, self.k, self.v, self.head = nn.Linear(4, 8), nn.Linear(4, 8), nn.Linear(4, 8), nn.Linear(8, CLASSES)
        self.attention = nn.MultiheadAttention(8, 2, batch_first=True)

    def forward(self, x):
        return self.head(self.attention(self.q(x), self.k(x), self.v(x), need_weights=False)[0].mean(1))


class LearnedInput(nn.Module):
    """A shift of the image and a table of positions: parameters before the first example is seen."""

    def __init__(self):
        super().__init__()
        self.shift, self.conv = nn.Parameter(torch.randn(3, 1, 1)), nn.Conv2d(3, 6, 3, bias=False)
        self.position, self.head = nn.Embedding(7, 6), nn.Linear(6, CLASSES)

    def forward(self, x):
        h = self.conv(x - self.shift).flatten(2)[..., :7] + self.position(torch.arange(7, device=x.device)).T
        return self.head(torch.tanh(h).mean(2))


class Checkpointed(nn.Module):
    """A block whose activations are computed again in every pass over its graph."""

    def __init__(self):
        super().__init__()
        self.block = nn.Sequential(nn.Linear(6, 6), nn.Tanh(), nn.Linear(6, 6), nn.Tanh())
        self.head = nn.Linear(6, CLASSES)

    def forward(self, x):
        return self.head(checkpoint(self.block, x, use_reentrant=False))


def attend_over_batch(h):
    return torch.softmax(h @ h.T, 1) @ h


def odd_see_even(h):
    mask = torch.zeros(len(h), 1, dtype=h.dtype)
    mask[1::2] = 1
    return h + mask * h.roll(1, 0)


def halves(h):
    a, b = h.chunk(2)
    return torch.cat([a + b, a - b])


BETWEEN = {
    "attention": attend_over_batch,
    "neighbours": lambda h: h + h.roll(1, 0),
    "second neighbours": lambda h: h + h.roll(2, 0),
    "halves": halves,
    "one way": odd_see_even,
    "centred": lambda h: h - h.mean(0),
}


class OwnTwoOutputs(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, w):
        ctx.save_for_backward(x, w)
        return x.clone(), x * w

    @staticmethod
    def backward(ctx, a, b):
        x, w = ctx.saved_tensors
        return a + b * w, (b * x).sum(0)


class SecondOutput(nn.Module):
    def __init__(self):
        super().__init__()
        self.body, self.w, self.head = nn.Linear(6, 6), nn.Parameter(torch.ones(6)), nn.Linear(6, CLASSES)

    def forward(self, x):
        return self.head(OwnTwoOutputs.apply(self.body(x), self.w)[1])


class Spectral(nn.Module):
    """A filter in the frequencies."""

    def __init__(self):
        super().__init__()
        self.body, self.filter, self.head = nn.Linear(6, 6), nn.Parameter(torch.ones(4)), nn.Linear(6, CLASSES)

    def forward(self, x):
        return self.head(torch.fft.irfft(torch.fft.rfft(self.body(x)) * self.filter, n=6))
