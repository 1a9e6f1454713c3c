"""What pairwise_gradient_dots is tested on, and its formula by gradients of one example at a time."""

from typing import NamedTuple

import torch
from shared import op_cases, tolerances

from famus_ext.ops.geometry import Convolution, Embedding, Linear, Normalisation


class Case(NamedTuple):
    """A layer, the shapes [N, ...] of x and of the slopes, and of those of the meta batch."""

    layer: object
    shapes: tuple
    bias: bool = True


def convolution(examples, channels, outputs, size, kernel, stride=1, padding=0, dilation=1, groups=1, meta_size=None):
    """A case with as many training and meta examples as `examples` says."""
    rank = len(size)
    entries = [(n,) * rank if isinstance(n, int) else n for n in (kernel, stride, padding, dilation)]
    layer = Convolution(*entries, groups)
    shapes = []
    for count, own in zip(examples, (size, meta_size or size), strict=True):
        shapes += [(count, channels, *own), (count, outputs, *layer.output_size(own))]
    return Case(layer, tuple(shapes))


def linear(examples, channels, outputs, rows=(), meta_rows=None):
    training, meta = examples
    meta_rows = rows if meta_rows is None else meta_rows
    shapes = (training, *rows, channels), (training, *rows, outputs), (meta, *meta_rows, channels)
    return Case(Linear(), (*shapes, (meta, *meta_rows, outputs)))


# Sizes of zero, one, primes, powers of two and one more, around a tile's 8 rows and outputs, a warp's 32 places, a
# vector's 16 entries and the Gram way's 32 and 64 rows; every attribute of a convolution; batches of different sizes.
LINEAR = {
    "one of all": linear((1, 1), 1, 1),
    "no examples": linear((0, 3), 4, 5),
    "no meta examples": linear((3, 0), 4, 5, (2,)),
    "no channels": linear((3, 2), 0, 5, (2,)),
    "no outputs": linear((3, 2), 5, 0),
    "no rows": linear((3, 2), 4, 5, (0,)),
    "classifier": linear((33, 17), 65, 10),
    "two rows": linear((9, 16), 31, 17, (2,)),
    "rows by gradients": linear((3, 2), 9, 7, (67,)),
    "rows by Gram": linear((2, 1), 64, 129, (37,)),
    "rows of two dimensions": linear((3, 5), 17, 8, (3, 5)),
    "rows of four dimensions": linear((2, 3), 5, 3, (2, 1, 3, 2)),
    "sequences of two lengths": linear((3, 4), 8, 9, (5,), (40,)),
    "vectors and sequences": linear((3, 4), 8, 9, (), (7,)),
}
CONVOLUTION = {
    "3 x 3": convolution((3, 5), 5, 9, (8, 9), 3, padding=1),
    "1 x 1 with a stride": convolution((5, 3), 9, 6, (7, 7), 1, stride=2),
    "stride and dilation": convolution((2, 3), 4, 6, (11, 10), (3, 2), (2, 3), (2, 0), (1, 2)),
    "groups": convolution((3, 2), 6, 4, (6, 7), 3, padding=1, groups=2),
    "depthwise": convolution((3, 4), 8, 8, (9, 9), 3, padding=(0, 1), groups=8),
    "more channels than outputs, one place": convolution((9, 7), 33, 5, (3, 3), 3),
    "large window": convolution((2, 2), 1, 5, (20, 21), (17, 18)),
    "padding beyond the window": convolution((2, 2), 2, 3, (2, 3), 2, padding=3, dilation=2),
    "one dimension": convolution((4, 2), 3, 17, (33,), 5, stride=2, padding=2),
    "a long row": convolution((2, 2), 2, 3, (1, 600), (1, 3), padding=(0, 1)),
    "three dimensions": convolution((2, 3), 3, 4, (4, 5, 6), (2, 3, 1), (1, 2, 1), (1, 0, 2), (2, 1, 1)),
    "images of two sizes": convolution((2, 3), 3, 4, (6, 6), 3, meta_size=(9, 5)),
    "more examples than a block": convolution((70, 65), 2, 3, (4, 4), 2),
}
EMBEDDING = {
    "tokens": Case(Embedding(), ((5, 7), (5, 7, 6), (3, 9), (3, 9, 6)), False),
    "padding": Case(Embedding(padding_idx=1), ((4, 2, 3), (4, 2, 3, 5), (6, 4), (6, 4, 5)), False),
    "no tokens of the meta batch": Case(Embedding(), ((2, 3), (2, 3, 4), (0, 3), (0, 3, 4)), False),
    "no tokens": Case(Embedding(), ((0, 3), (0, 3, 4), (2, 3), (2, 3, 4)), False),
}
ROWS = 11


def arguments(case, dtype, layouts=("contiguous", "contiguous"), seed=0, device="cpu"):
    """x, slopes, x_meta, slopes_meta."""
    generator = torch.Generator().manual_seed(seed)
    tensors = []
    for index, shape in enumerate(case.shapes):
        if isinstance(case.layer, Embedding) and index % 2 == 0:
            tensors.append(torch.randint(0, ROWS, shape, generator=generator).to(device))
        else:
            entries = torch.randn(shape, generator=generator, dtype=torch.float64).to(dtype).to(device)
            tensors.append(op_cases.LAYOUTS[layouts[index % 2]](entries))
    return tensors


def parameters_of(case):
    """Zeros of the shapes of the weight and the bias, float64."""
    x, slopes = case.shapes[:2]
    if isinstance(case.layer, Embedding):
        shapes = [(ROWS, slopes[-1])]
    elif isinstance(case.layer, Normalisation):
        shapes = [case.layer.weight_shape] * 2
    elif isinstance(case.layer, Linear):
        shapes = [(slopes[-1], x[-1]), slopes[-1:]]
    else:
        shapes = [(slopes[1], x[1] // case.layer.groups, *case.layer.kernel_size), slopes[1:2]]
    return [torch.zeros(shape, dtype=torch.float64, requires_grad=True) for shape in shapes]


def output(layer, x, w, b=None):
    """What torch's own layer gives."""
    functional = torch.nn.functional
    if isinstance(layer, Linear):
        return functional.linear(x, w, b)
    if isinstance(layer, Embedding):
        return functional.embedding(x, w, layer.padding_idx)
    if isinstance(layer, Normalisation):
        return (x - layer.mean) * layer.inverse_std * w + b
    convolve = (functional.conv1d, functional.conv2d, functional.conv3d)[len(layer.kernel_size) - 1]
    return convolve(x, w, b, layer.stride, layer.padding, layer.dilation, layer.groups)


def gradients(case, x, slopes, *, weight=True, bias=True):
    """The gradient of each example, one after the other, as rows of a matrix."""
    rows = []
    for own_x, own_slopes in zip(x, slopes, strict=True):
        parameters = parameters_of(case)
        y = output(case.layer, own_x[None], *parameters)
        found = torch.autograd.grad(y, parameters, own_slopes[None])
        chosen = [g for g, is_wanted in zip(found, (weight, bias), strict=False) if is_wanted]
        rows.append(torch.cat([g.flatten() for g in chosen]))
    width = sum(p.numel() for p, wanted in zip(parameters_of(case), (weight, bias), strict=False) if wanted)
    return torch.stack(rows) if rows else torch.zeros(0, width, dtype=torch.float64)


def exact(case, tensors, **wanted):
    """G in float64, and for each entry the sum of the magnitudes of its terms."""
    given = [t.detach().cpu().double() if t.is_floating_point() else t.cpu() for t in tensors]
    sizes = [t.abs() for t in given]
    result, size = (
        gradients(case, *batches[:2], **wanted) @ gradients(case, *batches[2:], **wanted).T
        for batches in (given, sizes)
    )
    return result, size


def check(found, case, tensors, **wanted):
    """Raise unless every entry is as near the exact one as its terms' rounding allows."""
    result, size = exact(case, tensors, **wanted)
    dtype = tensors[1].dtype
    assert found.dtype == (torch.float64 if dtype == torch.float64 else torch.float32)
    assert found.shape == result.shape
    excess = ((found.cpu().double() - result).abs() - 2 * tolerances.SUM[dtype] * size).relu()
    assert not excess.any(), f"off by up to {excess.max().item()} more than allowed, of {size.max().item()}"
