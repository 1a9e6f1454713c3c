"""Lookup tables: the same rows of the table's tangent, alone or summed in bags."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.autograd.graph import Node
from torch.nn import functional

from famus_ext.engine.rules.protocol import Rule, Tangents, add_tangents, output_shape, saved, saved_dimension

_LARGEST = 2
"""As the node numbers its modes, after "sum" and "mean"."""


def embedding(node: Node, tangents: Tangents) -> Tangents:
    """Rows of t_W, but zero at the padding index, whose gradient is zero by definition."""
    indices, padding = saved(node, "indices"), saved(node, "padding_idx")
    (weight_dot,) = (t for t in tangents if t is not None)
    rows = functional.embedding(indices, weight_dot)
    return (rows.masked_fill((indices == padding).unsqueeze(-1), 0),)


def embedding_bag(node: Node, tangents: Tangents) -> Tangents:
    """The bags of t_W, plus the sums of W with the tangents of the examples' weights; slots W, weights."""
    table_dot, weights_dot = tangents
    indices, offsets, mode = saved(node, "indices"), saved(node, "offsets"), saved(node, "mode")
    ends_given, padding = len(offsets) > output_shape(node)[0], saved_dimension(node, "padding_idx")
    options = ends_given, None if padding < 0 else padding

    def bags(table: Tensor, weights: Tensor | None) -> Tensor:
        return torch.embedding_bag(table, indices, offsets, False, mode, False, weights, *options)[0]

    if mode == _LARGEST and table_dot is not None:
        rows, is_empty = saved(node, "result3"), (saved(node, "result2") == 0).unsqueeze(1)
        return (table_dot.gather(0, rows.clamp(min=0)).masked_fill(is_empty, 0),)
    return (
        add_tangents(
            None if table_dot is None else bags(table_dot, saved(node, "per_sample_weights")),
            None if weights_dot is None else bags(saved(node, "weight"), weights_dot),
        ),
    )


EMBEDDING_RULES: dict[str, Rule] = {
    "Embedding": embedding,
    "EmbeddingBag": embedding_bag,
}
