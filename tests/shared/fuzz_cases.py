"""Random tensors for the ops, described so that a failing one can be read and shrunk, and what they must come near."""

from typing import NamedTuple

import torch
from hypothesis import strategies as st
from shared import op_cases, tolerances


def overlapping(tensor):
    """Windows on one stretch of memory: neighbours in any dimension share entries."""
    windows = sum(size - 1 for size in tensor.shape) + 1
    return contiguous_entries(tensor, windows).as_strided(tensor.shape, [1] * tensor.dim())


def contiguous_entries(tensor, count):
    """The first entries of a tensor, as many as asked for."""
    return tensor.flatten()[:count].clone() if tensor.numel() else tensor.new_empty(max(count, 0))


def reversed_dimensions(tensor):
    """The last dimension outermost."""
    turned = list(reversed(range(tensor.dim())))
    return op_cases.contiguous(tensor.permute(turned)).permute(turned)


def narrowed(tensor):
    """The middle of a tensor that is longer in every dimension."""
    wider = tensor.new_full([size + 2 for size in tensor.shape], float("nan"))
    return wider[tuple(slice(1, -1) for _ in tensor.shape)].copy_(tensor)


LAYOUTS = op_cases.LAYOUTS | {f.__name__: f for f in (overlapping, reversed_dimensions, narrowed)}


def _powers_of_two(shape, generator, dtype, share):
    """Random powers over that share of the dtype's exponents, either way."""
    largest = torch.tensor(torch.finfo(dtype).max, dtype=torch.float64).log2().item() * share
    return 2 ** (largest * (2 * torch.rand(shape, generator=generator, dtype=torch.float64) - 1))


def normal(shape, generator, dtype):
    return torch.randn(shape, generator=generator, dtype=torch.float64)


def wide(shape, generator, dtype):
    """Of sizes so different that small terms vanish beside large ones, and products of three of them are finite."""
    return normal(shape, generator, dtype) * _powers_of_two(shape, generator, dtype, 0.2)


def huge(shape, generator, dtype):
    """Up to the largest number there is: sums and products overflow."""
    limit = torch.finfo(dtype).max
    return (normal(shape, generator, dtype) / 4 * limit).clamp(-limit, limit)


def denormal(shape, generator, dtype):
    return normal(shape, generator, dtype) * torch.finfo(dtype).smallest_normal / 4


def zeros(shape, generator, dtype):
    """Of either sign."""
    return 0 * normal(shape, generator, dtype)


def not_finite(shape, generator, dtype):
    """A few NaNs and infinities among normal numbers."""
    values = normal(shape, generator, dtype)
    kinds = torch.randint(0, 200, shape, generator=generator)
    for kind, value in enumerate((float("nan"), float("inf"), -float("inf"))):
        values[kinds == kind] = value
    return values


VALUES = {f.__name__: f for f in (normal, wide, huge, denormal, zeros, not_finite)}


class Drawn(NamedTuple):
    """A tensor in words."""

    shape: tuple[int, ...]
    dtype: torch.dtype
    layout: str
    values: str
    seed: int

    def tensor(self, device="cpu"):
        generator = torch.Generator().manual_seed(self.seed)
        values = VALUES[self.values](self.shape, generator, self.dtype).to(self.dtype)
        return LAYOUTS[self.layout](values.to(device))


DTYPES = st.sampled_from(op_cases.DTYPES)
SEEDS = st.integers(0, 2**16)
SHAPES = st.one_of(
    st.lists(st.integers(0, 9), max_size=4),
    st.tuples(st.integers(0, 70), st.integers(0, 300)),
    st.tuples(st.integers(1, 3), st.integers(2000, 9000)),
).map(tuple)


@st.composite
def drawn(draw, shape=SHAPES, dtype=DTYPES, values=tuple(VALUES), layouts=tuple(LAYOUTS)):
    """A tensor of a shape and dtype, given or drawn."""
    shape = draw(shape) if isinstance(shape, st.SearchStrategy) else shape
    dtype = draw(dtype) if isinstance(dtype, st.SearchStrategy) else dtype
    return Drawn(shape, dtype, draw(st.sampled_from(layouts)), draw(st.sampled_from(values)), draw(SEEDS))


@st.composite
def alike(draw, count, **given):
    """Tensors of one shape and dtype, in layouts and of values of their own."""
    first = draw(drawn(**given))
    others = {name: value for name, value in given.items() if name not in ("shape", "dtype")}
    return (first, *(draw(drawn(first.shape, first.dtype, **others)) for _ in range(count - 1)))


def finite(tensor):
    """In float64, with zeros for what is not finite."""
    return tensor.detach().cpu().double().nan_to_num(nan=0.0, posinf=0.0, neginf=0.0)


def share_of_tolerance(found, exact, magnitude, sums, largest=None, factor=1.0):
    """The largest error as a share of what rounding allows; an AssertionError where it is more.

    Args:
        found: of any of the dtypes.
        exact: the definition in float64, whose NaNs and infinities must be found in the same places. An infinity may
            also stand where the dtype's largest number is near.
        magnitude: for each entry the size of its finite terms.
        sums: the dtype of the inputs, whose sums' accuracy is asked.
        largest: the largest number on the way to an entry, its magnitude by default; where sums of the dtype do not
            hold it, nothing is asked.
        factor: what a number that vanished on the way, smaller than the smallest, may have been multiplied by.
    """
    found, dtype = found.detach().cpu().double(), found.dtype
    exact, magnitude = (t.cpu().double().broadcast_to(found.shape) for t in (exact, magnitude))
    info, wide = torch.finfo(dtype), torch.finfo(torch.promote_types(sums, torch.float32))
    bound = tolerances.ROUNDING[dtype] * exact.abs() + 2 * tolerances.SUM[sums] * magnitude
    bound += 4 * info.smallest_normal * info.eps + 4 * factor * wide.smallest_normal * wide.eps
    asked = (magnitude if largest is None else largest.cpu()) < wide.max / 2
    overflow = found.isinf() & exact.isfinite() & (exact.abs() + bound >= info.max) & (found.sign() == exact.sign())
    same = torch.where(exact.isnan(), found.isnan(), found == exact)
    near = (found - exact).abs() <= bound
    wrong = asked & ~(overflow | torch.where(exact.isfinite(), near, same))
    assert not wrong.any(), f"{found[wrong][0]} for {exact[wrong][0]}, beyond {bound[wrong][0]}, of {int(wrong.sum())}"
    shares = ((found - exact).abs() / bound)[asked & exact.isfinite() & found.isfinite()]
    return shares.max().item() if shares.numel() else 0.0
