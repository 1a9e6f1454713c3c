"""Small networks, each for one property that a meta gradient must survive; all take x and give logits [N, 5]."""

import torch
from torch import nn
from torch.nn import functional

CLASSES = 5


class Residual(nn.Module):
    """Pre-activation residual block with an in-place ReLU and a projection, as in wide residual networks."""

    def __init__(self, width_in, width_out, stride):
        super().__init__()
        self.bn1, self.conv1 = nn.BatchNorm2d(width_in), nn.Conv2d(width_in, width_out, 3, stride, 1, bias=False)
        self.bn2, self.conv2 = nn.BatchNorm2d(width_out), nn.Conv2d(width_out, width_out, 3, 1, 1, bias=False)
        self.shortcut = nn.Conv2d(width_in, width_out, 1, stride, bias=False)

    def forward(self, x):
        out = functional.relu(self.bn1(x), inplace=True)
        return self.shortcut(out) + self.conv2(functional.relu(self.bn2(self.conv1(out)), inplace=True))


class SharedWeights(nn.Module):
    """One linear layer used twice, one tensor under two names."""

    def __init__(self):
        super().__init__()
        self.first, self.again, self.head = nn.Linear(6, 6), nn.Linear(6, 6), nn.Linear(6, CLASSES)
        self.again.weight = self.first.weight

    def forward(self, x):
        return self.head(torch.tanh(self.again(torch.tanh(self.first(torch.tanh(self.first(x)))))))


class Transformer(nn.Module):
    """A transformer encoder with fused attention, on a sequence of vectors."""

    def __init__(self, dropout=0.0):
        super().__init__()
        self.embed = nn.Linear(4, 16)
        layer = nn.TransformerEncoderLayer(16, 4, 32, dropout=dropout, batch_first=True, norm_first=True)
        self.encoder = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.head = nn.Linear(16, CLASSES)

    def forward(self, x):
        return self.head(self.encoder(self.embed(x)).mean(1))


class CausalAttention(nn.Module):
    """Causal and masked fused attention, with fewer key heads than query heads."""

    def __init__(self):
        super().__init__()
        self.q, self.kv, self.head = nn.Linear(4, 16), nn.Linear(4, 16), nn.Linear(16, CLASSES)

    def forward(self, x):
        n, length, _ = x.shape
        q = self.q(x).view(n, length, 4, 4).transpose(1, 2)
        k, v = self.kv(x).view(n, length, 2, 2, 4).permute(2, 0, 3, 1, 4)
        k, v = (t.repeat_interleave(2, dim=1) for t in (k, v))
        out = functional.scaled_dot_product_attention(q, k, v, is_causal=True, scale=0.3)
        mask = torch.linspace(-1, 1, length * length, dtype=x.dtype, device=x.device).view(length, length)
        out = functional.scaled_dot_product_attention(out, k, v, attn_mask=mask)
        return self.head(out.transpose(1, 2).flatten(2).mean(1))


class Tokens(nn.Module):
    """An embedding with a padding index, layer normalisation and a maximum over positions."""

    def __init__(self):
        super().__init__()
        self.embedding, self.norm, self.head = (
            nn.Embedding(11, 6, padding_idx=0),
            nn.LayerNorm(6),
            nn.Linear(6, CLASSES),
        )

    def forward(self, tokens):
        return self.head(self.norm(self.embedding(tokens)).amax(1))


class Branches(nn.Module):
    """Slices, chunks, gates, division and an output that is a log-softmax."""

    def __init__(self):
        super().__init__()
        self.up, self.down, self.act = nn.Linear(6, 12), nn.Linear(6, CLASSES), nn.PReLU()
        self.scale = nn.Parameter(torch.tensor(1.5))

    def forward(self, x):
        a, b = self.up(x).chunk(2, dim=1)
        h = torch.cat([a[:, ::2] * b[:, 1::2].sigmoid(), a[:, :3] / (1 + b[:, 3:] ** 2)], dim=1)
        h = torch.where(h > 0, h, 0.1 * h) + functional.glu(torch.stack([a, b], 2).flatten(1)) * self.scale
        return self.down(self.act(h)).log_softmax(-1)


class Unused(nn.Module):
    """A layer that the forward pass never reaches."""

    def __init__(self):
        super().__init__()
        self.body, self.idle, self.head = nn.Linear(6, 8), nn.Linear(6, 8), nn.Linear(8, CLASSES)

    def forward(self, x):
        return self.head(self.body(x).relu())


class Recurrent(nn.Module):
    """A recurrent cell stepped by hand."""

    def __init__(self):
        super().__init__()
        self.cell, self.head = nn.GRUCell(4, 6), nn.Linear(6, CLASSES)

    def forward(self, x):
        h = x.new_zeros(len(x), 6)
        for step in x.unbind(1):
            h = self.cell(step, h)
        return self.head(h)


def conv_net(*middle, width=8):
    """Convolution, the layers given, pooling and a classifier."""
    return nn.Sequential(
        nn.Conv2d(3, width, 3, padding=1), *middle, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(width, CLASSES)
    )


def frozen_batch_norm():
    """BatchNorm on running statistics, which are not 0 and 1."""
    net = conv_net(nn.BatchNorm2d(8), nn.ReLU())
    with torch.no_grad():
        net[1].running_mean.normal_()
        net[1].running_var.uniform_(0.5, 2.0)
    net[1].eval()
    return net


def frozen_layers():
    """A network whose stem and one bias are frozen."""
    net = conv_net(nn.BatchNorm2d(8), nn.ReLU(), nn.Conv2d(8, 8, 3))
    net[0].requires_grad_(False)
    net[3].bias.requires_grad_(False)
    return net


def image(n):
    return torch.randn(n, 3, 9, 9, dtype=torch.float64)


def vector(n):
    return torch.randn(n, 6, dtype=torch.float64)


def sequence(n):
    return torch.randn(n, 7, 4, dtype=torch.float64)


def tokens(n):
    return torch.randint(0, 11, (n, 7))


# name -> (network, inputs of n examples)
NETWORKS = {
    "wide residual": (lambda: conv_net(Residual(8, 8, 1), Residual(8, 8, 2), nn.BatchNorm2d(8), nn.ReLU()), image),
    "group norm": (
        lambda: conv_net(nn.GroupNorm(2, 8), nn.SiLU(), nn.Conv2d(8, 8, 3), nn.GroupNorm(4, 8), nn.ELU()),
        image,
    ),
    "depthwise and grouped": (
        lambda: conv_net(nn.Conv2d(8, 8, 3, groups=8, stride=2), nn.ReLU6(), nn.Conv2d(8, 8, 2, groups=2, dilation=2)),
        image,
    ),
    "transposed convolution": (lambda: conv_net(nn.ConvTranspose2d(8, 8, 3, 2, 1, 1), nn.LeakyReLU()), image),
    "dropout": (lambda: conv_net(nn.Dropout(0.5), nn.ReLU(), nn.Dropout2d(0.3)), image),
    "pooling": (lambda: conv_net(nn.MaxPool2d(2, 2), nn.ELU(), nn.AvgPool2d(2, 1)), image),
    "instance norm": (lambda: conv_net(nn.InstanceNorm2d(8, affine=True), nn.GELU()), image),
    "batch norm without scale": (lambda: conv_net(nn.BatchNorm2d(8, affine=False), nn.Hardswish()), image),
    "frozen batch norm": (frozen_batch_norm, image),
    "frozen layers": (frozen_layers, image),
    "weight norm": (lambda: nn.Sequential(nn.utils.parametrizations.weight_norm(nn.Linear(6, CLASSES))), vector),
    "shared weights": (SharedWeights, vector),
    "branches": (Branches, vector),
    "unused layer": (Unused, vector),
    "fused attention": (Transformer, sequence),
    "attention with dropout": (lambda: Transformer(dropout=0.2), sequence),
    "causal attention": (CausalAttention, sequence),
    "recurrent": (Recurrent, sequence),
    "embedding": (Tokens, tokens),
}
