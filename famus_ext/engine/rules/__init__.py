"""One pushforward rule for each kind of autograd node: from the tangents of its inputs to those of its outputs.

A rule is `rule(node, tangents) -> tangents`: one entry for each of the node's inputs (None where no tangent arrives; at
least one does) and one for each of its outputs. Rules run without recording, outside autocast, and read everything
they need from what the node saved for its backward.

A pair rule is `rule(reader, node, tangents) -> tangents`, from the tangents of a node's inputs to those of the outputs
of the only node that reads it.
"""

from __future__ import annotations

import re
from functools import cache, partial

from torch.autograd.function import BackwardCFunction
from torch.autograd.graph import Node

from famus_ext.engine.rules.attention import ATTENTION_RULES
from famus_ext.engine.rules.collectives import collective
from famus_ext.engine.rules.cudnn import CUDNN_RULES
from famus_ext.engine.rules.elementwise import ELEMENTWISE_RULES
from famus_ext.engine.rules.embeddings import EMBEDDING_RULES
from famus_ext.engine.rules.general import general
from famus_ext.engine.rules.norms import NORM_PAIR_RULES, NORM_RULES
from famus_ext.engine.rules.onednn import ONEDNN_RULES
from famus_ext.engine.rules.pieces import PIECE_RULES
from famus_ext.engine.rules.products import PRODUCT_RULES
from famus_ext.engine.rules.protocol import PairRule, Rule
from famus_ext.engine.rules.shapes import SHAPE_RULES

RULES: dict[str, Rule] = {
    **PRODUCT_RULES,
    **EMBEDDING_RULES,
    **NORM_RULES,
    **ELEMENTWISE_RULES,
    **SHAPE_RULES,
    **PIECE_RULES,
    **ATTENTION_RULES,
    **CUDNN_RULES,
    **ONEDNN_RULES,
}


PAIR_RULES: dict[tuple[str, str], PairRule] = {**NORM_PAIR_RULES}


def rule_for(node: Node, reader: Node | None = None) -> Rule:
    """The rule of a node: its own, or the general one; with the only node that reads it, that of the two together."""
    if reader is not None:
        return partial(PAIR_RULES[operation(node), operation(reader)], reader)
    if isinstance(node, BackwardCFunction):
        # A user's Function may bear the name of an operation of torch.
        return collective(type(node)._forward_cls) or general
    return RULES.get(operation(node), general)


def is_pair(node: Node, reader: Node) -> bool:
    """Whether there is a rule for a node together with the only one that reads it."""
    of_torch = not isinstance(node, BackwardCFunction) and not isinstance(reader, BackwardCFunction)
    return of_torch and (operation(node), operation(reader)) in PAIR_RULES


def operation(node: Node) -> str:
    """The operation that a node differentiates: "Convolution" for ConvolutionBackward0."""
    return _operation(node.name())


@cache
def _operation(name: str) -> str:
    """The operation in the name of a node's class."""
    return re.sub(r"Backward\d*$", "", name.rpartition("::")[2])
