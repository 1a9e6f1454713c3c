"""The pushforward J t of a direction in parameter space, read off the autograd graph of a finished forward pass."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext

import torch
import torch.utils.checkpoint
from torch import Tensor
from torch.autograd.graph import Node

from famus_ext.engine.rules import is_pair, operation, rule_for
from famus_ext.engine.rules.protocol import Tangents
from famus_ext.errors import PushforwardError
from famus_ext.network.graph import leaf_of, topological_order


def pushforward(outputs: Tensor, tangents: Mapping[Tensor, Tensor]) -> Tensor:
    """Compute ż = J t, how `outputs` moves when leaves move along their tangents: ż = Σ_p (∂z/∂p) t_p.

    The graph that the forward pass recorded already holds what a forward-mode sweep needs. The sweep walks it from the
    leaves that have tangents up to `outputs`; nodes below the lowest of them cost nothing, and a tangent is dropped
    after its last use. It is exact to rounding: no radius, no second recording, the forward pass's own dropout masks
    and batch statistics.

    Args:
        outputs: z, any shape, with its autograd graph (not yet freed).
        tangents: For each leaf tensor (a parameter, say) its tangent, of the same shape, dtype and device. Leaves that
            are not in the graph contribute nothing.

    Returns:
        ż, of the shape and dtype of z, without a graph.

    Raises:
        TypeError, ValueError: `outputs` has no graph, or a tangent does not fit its leaf.
        PushforwardError: A node cannot be passed, or what it saved is gone: freed by a backward without
            `retain_graph=True`, or changed in place.
    """
    _check(outputs, tangents)
    if outputs.grad_fn is None:
        return tangents[outputs].clone() if outputs in tangents else torch.zeros_like(outputs)
    device = outputs.device.type
    with torch.no_grad(), torch.autocast(device, enabled=False), _blocks_run_once():
        tangent = _sweep(outputs, tangents)
    if tangent is None:
        return torch.zeros_like(outputs)
    # Views all the way up would hand the caller's own tangent back.
    given = {t.untyped_storage().data_ptr() for t in tangents.values()}
    return tangent.clone() if tangent.untyped_storage().data_ptr() in given else tangent


def _blocks_run_once() -> AbstractContextManager[object]:
    """Let a checkpointed block run once for all that is read of it, as in a backward.

    A rule may then read what a node saved once only. What no rule reads stays until the block's graph is freed. A torch
    that has no such groups runs the block again for every tensor.
    """
    group = getattr(torch.utils.checkpoint, "GraphExecGroup", None)
    return nullcontext() if group is None else group()


def _sweep(outputs: Tensor, tangents: Mapping[Tensor, Tensor]) -> Tensor | None:
    """Pass every node that a tangent reaches, inputs first."""
    order = topological_order(outputs)
    for node in order:
        if node.name() == "CheckpointFunctionBackward":
            raise PushforwardError(
                "pushforward: the network has a reentrant checkpoint, whose inside is not in the graph; call "
                "torch.utils.checkpoint.checkpoint with use_reentrant=False"
            )
    waiting = Counter(child for node in order for child, _ in node.next_functions if child is not None)
    readers = _readers(order, waiting)
    reached: dict[Node, Tangents] = {}
    for node in order:
        leaf = leaf_of(node)
        if leaf is not None:
            if leaf in tangents:
                reached[node] = (tangents[leaf],)
            continue
        inputs = tuple(reached[child][nr] if child in reached else None for child, nr in node.next_functions)
        if any(tangent is not None for tangent in inputs):
            reader = readers.get(node)
            reached[reader or node] = pass_node(node, inputs, reader)
        for child, _ in node.next_functions:
            if child is not None:
                waiting[child] -= 1
                if not waiting[child]:
                    reached.pop(child, None)
    root = order[-1]
    return reached[root][outputs.output_nr] if root in reached else None


def _readers(order: Sequence[Node], waiting: Mapping[Node, int]) -> dict[Node, Node]:
    """The nodes that are passed together with the only node that reads them: no other wants their own tangents."""
    return {
        child: node
        for node in order
        for child, _ in node.next_functions
        if child is not None and waiting[child] == 1 and is_pair(child, node)
    }


def pass_node(node: Node, inputs: Tangents, reader: Node | None = None) -> Tangents:
    """Apply the node's rule, or its and its reader's; the answer must have the shapes of the outputs."""
    try:
        answers = rule_for(node, reader)(node, inputs)
        return tuple(_fitted(reader or node, answer, nr) for nr, answer in enumerate(answers))
    except torch.OutOfMemoryError:
        raise
    except RuntimeError as error:
        raise PushforwardError(_refusal(node, error)) from error


def _fitted(node: Node, tangent: Tensor | None, nr: int) -> Tensor | None:
    """The tangent in its output's dtype, broadcast to its shape as the forward pass broadcast the value."""
    if tangent is None:
        return None
    output = node._input_metadata[nr]
    if tangent.dtype != output.dtype:
        tangent = tangent.to(output.dtype)
    shape = tuple(output.shape)
    return tangent if tangent.shape == shape else tangent.expand(shape)


def _refusal(node: Node, error: RuntimeError) -> str:
    """Name the node, the reason and the way out."""
    reason = str(error).splitlines()[0].rstrip(".") if str(error) else type(error).__name__
    if "already been freed" in reason:
        return (
            f"pushforward: the graph at {node.name()} has been freed: run every backward before the pushforward with "
            "retain_graph=True"
        )
    if "modified by an inplace operation" in reason:
        return (
            f"pushforward: a tensor that {node.name()} saved has been changed in place since the forward pass: "
            "change parameters and activations after the meta step only"
        )
    return (
        f"pushforward: cannot pass the node {node.name()} ({operation(node)}): {reason}. "
        'Way out: engine="finite_difference", which does not walk the graph and is approximate; or '
        'engine="double_backward", if the operation is differentiable twice'
    )


def _check(outputs: Tensor, tangents: Mapping[Tensor, Tensor]) -> None:
    """Every tangent fits its leaf."""
    if not isinstance(outputs, Tensor):
        raise TypeError(f"outputs: expected a tensor, got {type(outputs).__name__}")
    if not outputs.requires_grad:
        raise ValueError("outputs: expected a tensor with an autograd graph, got one that does not require grad")
    if not isinstance(tangents, Mapping):
        raise TypeError(f"tangents: expected a mapping from leaf tensors to tensors, got {type(tangents).__name__}")
    for leaf, tangent in tangents.items():
        if not isinstance(leaf, Tensor) or not isinstance(tangent, Tensor):
            kinds = f"{type(leaf).__name__} to {type(tangent).__name__}"
            raise TypeError(f"tangents: expected a mapping from leaf tensors to tensors, got {kinds}")
        if not leaf.is_leaf or not leaf.requires_grad:
            raise ValueError(f"tangents: expected leaves that require grad as keys, got {_described(leaf)}")
        if (leaf.shape, leaf.dtype, leaf.device) != (tangent.shape, tangent.dtype, tangent.device):
            raise ValueError(
                f"tangents: expected a tangent like its leaf, {_described(leaf)}, got {_described(tangent)}"
            )


def _described(tensor: Tensor) -> str:
    """Shape, dtype and device in words."""
    return f"{list(tensor.shape)} {tensor.dtype} on {tensor.device}"
