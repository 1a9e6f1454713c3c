"""Does one example of a batch depend on another? Batch normalisation on batch statistics does; a probe tells."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from weakref import WeakKeyDictionary, ref

import torch
from torch import Tensor, nn

from famus_ext._widest import widened, widest_dtype
from famus_ext.engine.per_example.row_order import RowOrder
from famus_ext.engine.per_example.sites import Site
from famus_ext.engine.rules import operation
from famus_ext.network.graph import topological_order

AtSites = Callable[[Tensor], Sequence[Tensor | None]]
"""Maps a cotangent of the logits to what it gives at the output of every site."""


GOLDEN = 0.6180339887498949
"""The golden ratio, less 1: its multiples modulo 1 are spread most evenly."""


@dataclass(frozen=True)
class Fit:
    """How the examples lie in the output of one site.

    Attributes:
        order: The order that fits best; None where the shape fits none.
        exact: Whether it fits to rounding: no example depends on another there.
    """

    order: RowOrder | None
    exact: bool


@dataclass
class _Known:
    """What is known of one network with one meta model and one kind of graph."""

    meta_model: ref[nn.Module]
    fits: tuple[Fit, ...] | None = None
    steps: int = 0


_known: WeakKeyDictionary[nn.Module, dict[int, _Known]] = WeakKeyDictionary()


def fits_of_sites(
    model: nn.Module, meta_model: nn.Module, logits: Tensor, sites: Sequence[Site], at_sites: AtSites
) -> tuple[tuple[Fit, ...], bool]:
    """How the examples lie in the output of every site, and whether that has been probed in this step.

    A probe costs two backwards, so it is repeated in the steps 1, 2, 4, 8, ... of a network and a kind of graph only.
    Mixing that depends on the data may therefore be found late.
    """
    known = _known.setdefault(model, {})
    signature = _signature(logits)
    entry = known.get(signature)
    if entry is None or entry.meta_model() is not meta_model:
        entry = known[signature] = _Known(ref(meta_model))
    entry.steps += 1
    due = entry.fits is None or entry.steps & (entry.steps - 1) == 0
    if not due and entry.fits is not None:
        return entry.fits, False
    fits, certain = probe(logits, sites, at_sites, entry.steps)
    entry.fits = fits if certain else None
    return fits, True


@torch.no_grad()
def probe(logits: Tensor, sites: Sequence[Site], at_sites: AtSites, phase: int) -> tuple[tuple[Fit, ...], bool]:
    """Scale each example's cotangent by a number of its own: without mixing, what arrives is scaled alike.

    The cotangent is an arbitrary one, not that of the loss, which can be zero for some examples. The second answer is
    whether something arrived everywhere; where nothing did, nothing was learned (a branch whose gate is still zero).
    """
    size, device = len(logits), logits.device
    cotangent = torch.arange(1 + phase, 1 + phase + logits.numel(), device=device).sin().to(logits.dtype)
    cotangent = cotangent.view(logits.shape)
    scales = torch.tensor(_scales(range(phase, phase + size)), dtype=widest_dtype(device), device=device)
    plain, scaled = at_sites(cotangent), at_sites(RowOrder.LEADING.scaled(cotangent, scales))
    norms, places = [], []
    for index, (before, after) in enumerate(zip(plain, scaled, strict=True)):
        if before is None or after is None:
            continue
        for order in RowOrder:
            if order.fits(before.shape, size):
                rest = after - order.scaled(before, scales)
                norms += [_norm(rest), _norm(after)]
                places.append((index, order, torch.finfo(after.dtype).eps ** 0.7))
    measured = torch.stack(norms).tolist() if norms else []
    # Below it what arrives may be rounding, unless it is scaled alike.
    floor = torch.finfo(logits.dtype).eps ** 0.7 * max(measured[1::2], default=0.0)
    best: dict[int, tuple[float, bool, Fit]] = {}
    for (index, order, tolerance), rest, whole in zip(places, measured[::2], measured[1::2], strict=True):
        if index not in best or rest < best[index][0]:
            alike = rest <= tolerance * whole
            learned = whole > 0 if alike else whole > floor
            best[index] = rest, learned, Fit(order, alike or whole <= floor)
    # What the loss does not reach is in any order.
    elsewhere = [Fit(RowOrder.LEADING, True) if found is None else Fit(None, False) for found in plain]
    fits = tuple(best[index][2] if index in best else fit for index, fit in enumerate(elsewhere))
    return fits, all(learned for _, learned, _ in best.values())


def _scales(indices: range) -> list[float]:
    """±1, ±2, ±4 or ±8 for each: powers of two pass through every rounding, that of half precision and of TF32 too.

    Two examples in eight have the same number, in each probe two others. Neighbours never have, by multiples of the
    golden ratio; but nearly all examples eight apart would, had their squares not the sign.
    """
    powers = (2.0 ** int(4 * (index * GOLDEN % 1)) for index in indices)
    signs = (1 if index * index * GOLDEN % 1 < 0.5 else -1 for index in indices)
    return [sign * power for sign, power in zip(signs, powers, strict=True)]


def _norm(tensor: Tensor) -> Tensor:
    """Euclidean norm in at least float32."""
    norm: Tensor = torch.linalg.vector_norm(tensor, dtype=torch.promote_types(tensor.dtype, torch.float32))
    return widened(norm)


def _signature(logits: Tensor) -> int:
    """The number of examples, the kinds of the graph's nodes, and the mode of its batch normalisations."""
    order = topological_order(logits)
    return hash((len(logits), *(operation(node) + str(getattr(node, "_saved_training", "")) for node in order)))
