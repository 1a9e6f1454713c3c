"""What norm_pushforward is tested on, and its formula written out once more in float64."""

import itertools

import torch
from shared import op_cases, tolerances

# [N, C, ...] around a line of a matrix on the CPU (512), a tile of a matrix's columns (256) and a chunk (8192 entries,
# 256 rows): one channel and many, one entry in each and many, rows that are cut, matrices, tensors without entries.
SHAPES = (
    (0, 3),
    (3, 0),
    (2, 3, 0),
    (1, 1),
    (1, 1, 1),
    (7, 13),
    (32, 32),
    (257, 5),
    (2049, 3),
    (3, 255),
    (67, 257),
    (2, 520),
    (513, 1),
    (5, 1, 7),
    (3, 2, 2),
    (4, 3, 511),
    (17, 2, 513),
    (2, 3, 4096),
    (2, 2, 8193),
    (1, 1, 20011),
    (2, 3, 5, 7),
    (8, 16, 8, 8),
    (2, 300, 1, 1),
    (33, 24, 4, 4),
    (2, 3, 3, 4, 5),
)

VECTORS = ("weight", "weight_dot", "bias_dot")
TENSORS = ("x_dot", "relu")
# Every choice of what is there.
PRESENT = [names for count in range(6) for names in itertools.combinations(TENSORS + VECTORS, count)]


def arguments(shape, dtype, layouts=("contiguous", "contiguous"), present=TENSORS + VECTORS, seed=0, device="cpu"):
    """x, mean, inverse_std, weight, and the tangents and the ReLU's output by name; x has a mean of its own."""
    generator = torch.Generator().manual_seed(seed)

    def normal(*size):
        return torch.randn(size, generator=generator, dtype=torch.float64)

    tensors = {name: normal(*shape) for name in ("x", *TENSORS)}
    tensors["relu"] = tensors["relu"].relu()
    width = torch.float64 if dtype == torch.float64 else torch.float32
    vectors = {name: normal(shape[1]) for name in ("mean", "inverse_std", *VECTORS)}
    vectors["inverse_std"] = vectors["inverse_std"].abs() + 0.5
    for name, tensor in tensors.items():
        layout = layouts[0] if name == "x" else layouts[1]
        tensors[name] = op_cases.LAYOUTS[layout](tensor.to(dtype).to(device))
    found = {**tensors, **{name: vector.to(width).to(device) for name, vector in vectors.items()}}
    return {
        name: value if name in present or name in ("x", "mean", "inverse_std") else None
        for name, value in found.items()
    }


def exact(arguments, batch_statistics):
    """The tangent in float64, and for each entry the sum of the magnitudes of its terms."""
    given = {name: None if value is None else value.detach().cpu().double() for name, value in arguments.items()}
    x = given["x"]
    others = [dim for dim in range(x.dim()) if dim != 1]

    def channel(name, absent):
        vector = given[name]
        return torch.full((), absent, dtype=torch.float64) if vector is None else vector[(..., *[None] * (x.dim() - 2))]

    x_hat = (x - channel("mean", 0)) * channel("inverse_std", 1)
    x_dot = torch.zeros_like(x) if given["x_dot"] is None else given["x_dot"]
    terms = [x_dot]
    if batch_statistics:
        terms += [-x_dot.mean(others, keepdim=True), -x_hat * (x_hat * x_dot).mean(others, keepdim=True)]
        sizes = [x_dot.abs(), x_dot.abs().mean(others, keepdim=True)]
        sizes += [x_hat.abs() * (x_hat * x_dot).abs().mean(others, keepdim=True)]
    else:
        sizes = [x_dot.abs()]
    factor = channel("weight", 1) * channel("inverse_std", 1)
    moved = x_hat * channel("weight_dot", 0) + channel("bias_dot", 0)
    result = factor * sum(terms) + moved
    size = factor.abs() * sum(sizes) + (x_hat * channel("weight_dot", 0)).abs() + channel("bias_dot", 0).abs()
    if given["relu"] is not None:
        result = torch.where(given["relu"] > 0, result, 0)
    return result, size


def check(found, arguments, batch_statistics):
    """Raise unless every entry is as near the exact one as its terms' rounding and its own allow."""
    result, size = exact(arguments, batch_statistics)
    dtype = arguments["x"].dtype
    assert found.dtype == dtype
    assert found.shape == result.shape
    bound = tolerances.ROUNDING[dtype] * result.abs() + 2 * tolerances.SUM[dtype] * size
    if dtype == torch.float16:
        bound = bound + torch.finfo(dtype).smallest_normal
    excess = ((found.cpu().double() - result).abs() - bound).relu()
    assert not excess.any(), f"off by up to {excess.max().item()} more than {bound.max().item()}"
