"""Which nodes the ghost engine's products take from gradient_dots, and that they equal the tangents' way."""

import pytest
import torch
from torch import nn

from famus_ext.engine.per_example.kept import KeptSlopes
from famus_ext.engine.per_example.node_dots import node_dots
from famus_ext.engine.per_example.row_order import RowOrder
from famus_ext.engine.per_example.sites import find_sites
from famus_ext.engine.pushforward import pass_node

N, LEADING = 6, RowOrder.LEADING


def normal(*shape):
    return torch.randn(shape, dtype=torch.float64)


class Interleaved(nn.Module):
    """An example's rows stand behind those of the others where the layer sees them."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(4, 5)

    def forward(self, x):
        return self.layer(x.transpose(0, 1).flatten(0, 1)).view(3, N, 5).transpose(0, 1).flatten(1)


class Own(nn.Module):
    """A layer by a function of one's own."""

    def __init__(self, function, *shapes):
        super().__init__()
        self.function = function
        self.parameters_of_it = nn.ParameterList([nn.Parameter(torch.randn(shape)) for shape in shapes])

    def forward(self, x):
        return self.function(x, *self.parameters_of_it).flatten(1)


def embed_transposed(x, weight):
    return nn.functional.embedding(x.T, weight).transpose(0, 1)


TAKEN = {
    "convolution": (nn.Conv2d(2, 4, 3, stride=2, padding=1, groups=2), normal(N, 2, 5, 7), LEADING),
    "convolution in one dimension": (nn.Conv1d(2, 4, 3, dilation=2), normal(N, 2, 9), LEADING),
    "convolution in three": (nn.Conv3d(2, 3, 2, padding=1), normal(N, 2, 3, 4, 3), LEADING),
    "linear": (nn.Linear(4, 3), normal(N, 4), LEADING),
    "linear without bias": (nn.Linear(4, 3, bias=False), normal(N, 4), LEADING),
    "linear of sequences": (nn.Linear(4, 3), normal(N, 5, 4), LEADING),
    "product": (Own(torch.mm, (4, 3)), normal(N, 4), LEADING),
    "linear of rows": (Own(lambda x, w: torch.mm(x.flatten(0, 1), w).view(N, -1), (4, 3)), normal(N, 5, 4), LEADING),
    "linear of interleaved rows": (Interleaved(), normal(N, 3, 4), RowOrder.INTERLEAVED),
    "embedding of the sequence first": (Own(embed_transposed, (7, 3)), torch.randint(7, (N, 4)), RowOrder.SECOND),
    "embedding": (nn.Embedding(7, 3, padding_idx=1), torch.randint(7, (N, 4)), LEADING),
    "batch normalisation": (nn.BatchNorm2d(4).eval(), normal(N, 4, 3, 3), LEADING),
    "layer normalisation": (nn.LayerNorm((3, 4)), normal(N, 2, 3, 4), LEADING),
    "group normalisation": (nn.GroupNorm(2, 4), normal(N, 4, 3, 3), LEADING),
}
LEFT = {
    "transposed convolution": (nn.ConvTranspose2d(2, 3, 3), normal(N, 2, 4, 4)),
    "frequencies": (nn.Embedding(7, 3, scale_grad_by_freq=True), torch.randint(7, (N, 4))),
    "scaled sum": (Own(lambda x, w, b: torch.addmm(b, x, w, alpha=2), (4, 3), (3,)), normal(N, 4)),
    "weight on the left": (Own(lambda x, w: torch.mm(w, x.T).T, (3, 4)), normal(N, 4)),
    "scale alone": (Own(torch.mul, (4,)), normal(N, 4)),
}


def at_site(module, x):
    """The only site, its slopes, and tangents of the parameters by slot."""
    torch.manual_seed(0)
    module = module.double()
    y = module(x.clone().requires_grad_() if x.is_floating_point() else x)
    (site,) = find_sites(y, {p: name for name, p in module.named_parameters()})
    moving = {p: torch.randn_like(p) for p in module.parameters()}
    (slopes,) = torch.autograd.grad(
        y, torch.autograd.graph.GradientEdge(site.node, 0), torch.randn_like(y), retain_graph=True
    )
    return site, slopes, moving


@pytest.mark.parametrize("name", TAKEN)
def test_taken(name):
    module, x, order = TAKEN[name]
    site, slopes, moving = at_site(module, x)
    with torch.no_grad():
        tangents = site.slot_tangents(moving, {})
        found = node_dots(site.node, tangents, slopes, order, N)
        rows = (order.rows(t, N) for t in (pass_node(site.node, tangents)[0], slopes))
        torch.testing.assert_close(found, torch.linalg.vecdot(*rows), rtol=1e-11, atol=1e-12)
        torch.testing.assert_close(KeptSlopes(site, slopes, order, N).dots(moving, {}, torch.float64), found)


@pytest.mark.parametrize("name", LEFT)
def test_left(name):
    module, x = LEFT[name]
    site, slopes, moving = at_site(module, x)
    with torch.no_grad():
        assert node_dots(site.node, site.slot_tangents(moving, {}), slopes, LEADING, N) is None
        assert KeptSlopes(site, slopes, LEADING, N).dots(moving, {}, torch.float64).shape == (N,)


def test_a_parameter_alone():
    """The bias moves, the weight does not; where none moves there is no product."""
    module, x, order = TAKEN["convolution"]
    site, slopes, _ = at_site(module, x)
    with torch.no_grad():
        bias_dot = torch.randn(4, dtype=torch.float64)
        found = node_dots(site.node, (None, None, bias_dot), slopes, order, N)
        torch.testing.assert_close(found, slopes.sum((2, 3)) @ bias_dot)
        assert KeptSlopes(site, slopes, order, N).dots({}, {}, torch.float64) is None
