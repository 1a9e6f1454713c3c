"""Does one example of a batch depend on another? Batch normalisation on batch statistics does; a probe tells."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from weakref import WeakKeyDictionary

from torch import Tensor, nn

from famus_ext.engine.passes.row_order import RowOrder
from famus_ext.engine.rules import operation
from famus_ext.network.graph import topological_order

Orders = tuple[RowOrder | None, ...]

_known: WeakKeyDictionary[nn.Module, dict[int, Orders]] = WeakKeyDictionary()
"""For each network the answers for the graphs that have been probed, by their signatures: a probe costs a backward."""


def row_orders(
    model: nn.Module,
    logits: Tensor,
    slopes: Tensor,
    at_sites: Callable[[Tensor], Sequence[Tensor | None]],
) -> Orders:
    """For every site the order of the examples in its output; None where examples depend on one another.

    The loss of every other example is differentiated alone. In the right order the rest of the batch has no gradient
    then; where no order is right, the examples are mixed.

    Args:
        model: The network.
        logits: z [N, ...], with its graph.
        slopes: ∂L_i/∂z_i [N, ...].
        at_sites: Maps a cotangent of z to what it gives at the output of every site.
    """
    known = _known.setdefault(model, {})
    signature = _signature(logits)
    if signature not in known:
        probe = slopes.clone()
        probe[1::2] = 0
        known[signature] = tuple(_order(found, len(slopes)) for found in at_sites(probe))
    return known[signature]


def _order(found: Tensor | None, size: int) -> RowOrder | None:
    """The first order in which every other example has no gradient."""
    if found is None:
        # The loss does not reach the site.
        return RowOrder.LEADING
    for order in RowOrder:
        if order.fits(found, size) and not order.rows(found, size)[1::2].any():
            return order
    return None


def _signature(logits: Tensor) -> int:
    """The number of examples, the kinds of the graph's nodes, and the mode of its batch normalisations."""
    order = topological_order(logits)
    return hash((len(logits), *(operation(node) + str(getattr(node, "_saved_training", "")) for node in order)))
