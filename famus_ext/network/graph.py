"""The autograd graph that a forward pass leaves behind, read from Python."""

from __future__ import annotations

from torch import Tensor
from torch.autograd.graph import Node


def topological_order(outputs: Tensor) -> list[Node]:
    """All nodes below `outputs`, inputs before the nodes that consume them."""
    root = outputs.grad_fn
    if root is None:
        return []
    order: list[Node] = []
    seen = {root}
    stack = [(root, iter(root.next_functions))]
    while stack:
        node, inputs = stack[-1]
        for child, _ in inputs:
            if child is not None and child not in seen:
                seen.add(child)
                stack.append((child, iter(child.next_functions)))
                break
        else:
            stack.pop()
            order.append(node)
    return order


def leaf_of(node: Node) -> Tensor | None:
    """The leaf tensor that a node accumulates into; None for the node of an operation."""
    return node.variable if node.name() == "torch::autograd::AccumulateGrad" else None  # type: ignore[attr-defined]
