"""The products of the training examples' gradients at w with the meta examples' at ŵ."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from typing import Literal, TypeVar

import torch
from torch import Tensor, nn

from famus_ext.diagnostics.example_gradients import example_gradients
from famus_ext.diagnostics.layer_products import layer_products
from famus_ext.diagnostics.seen_by_layers import InseparableError, seen_by_layers
from famus_ext.engine.batches import MetaBatch, TrainingBatch
from famus_ext.engine.head import TrainingHead
from famus_ext.engine.passes.recorded import RecordedPass
from famus_ext.losses import ExampleLoss
from famus_ext.meta_models import BatchMetaModel, TrainingLoss, training_loss
from famus_ext.network.buffers import buffer_copies
from famus_ext.network.forward import call_model, with_tensors
from famus_ext.network.layers import Layer
from famus_ext.ops import virtual_step

Way = Literal["auto", "by layer", "by example"]
Tensors = TypeVar("Tensors", Tensor, list[Tensor])


def example_products(
    training: TrainingBatch,
    meta: MetaBatch,
    meta_model: nn.Module,
    loss: ExampleLoss | None,
    lr: float,
    chosen: Sequence[Layer],
    way: Way,
) -> tuple[Tensor, Way]:
    """G [N, M, L'] of FaMUS, Eq. 7, and the way it was computed; see `gradient_dots`.

    Buffers, and θ that belongs to a batch, are written to.
    """
    names = [name for layer in chosen for name in layer.parameters]
    recorded = RecordedPass(training)
    if isinstance(meta_model, BatchMetaModel):
        meta_model.begin(recorded.logits.detach(), training.y)
    losses = _training_losses(meta_model, recorded.logits, training.y, loss)
    weights = _virtual_weights(recorded, meta_model, lr)
    leaves = {name: weights[name].detach().requires_grad_() for name in names}
    kind = reduce(torch.promote_types, (leaf.dtype for leaf in leaves.values()), torch.float32)

    def by_layer() -> Tensor:
        own = seen_by_layers(losses, training.leaves, names)

        def differentiate(meta_losses: Tensor) -> Tensor:
            like = losses.detach().new_zeros(len(losses), len(meta_losses), dtype=kind)
            return layer_products(own, seen_by_layers(meta_losses, leaves, names), chosen, like)

        return _with_meta_losses(meta, {**weights, **leaves}, differentiate)

    def by_example() -> Tensor:
        rows = _with_meta_losses(
            meta, {**weights, **leaves}, lambda meta_losses: _stacked(meta_losses, list(leaves.values()), kind)
        )
        return _products(losses, [training.leaves[name] for name in names], rows, chosen)

    if way != "by example":
        try:
            return by_layer(), "by layer"
        except InseparableError as error:
            if way == "by layer":
                raise ValueError(f'way: expected "by example" for this network, got "by layer": {error}') from None
    return by_example(), "by example"


def _products(losses: Tensor, parameters: Sequence[Tensor], rows: list[Tensor], chosen: Sequence[Layer]) -> Tensor:
    """G from the meta examples' gradients, rows [M, entries] for each parameter, one training example at a time."""
    owners = [index for index, layer in enumerate(chosen) for _ in layer.parameters]
    values = rows[0].new_zeros(len(losses), len(rows[0]), len(chosen))
    for products, gradients in zip(values, example_gradients(losses, parameters), strict=True):
        for owner, meta_gradients, gradient in zip(owners, rows, gradients, strict=True):
            products[:, owner] += meta_gradients @ gradient.flatten().to(values.dtype)
    return values


class PlainTraining(nn.Module):
    """ℓ = (1/N) Σ_i L_i: a meta model that learns nothing."""

    def __init__(self, loss: ExampleLoss) -> None:
        super().__init__()
        self.loss = loss

    def forward(self, logits: Tensor, targets: Tensor) -> TrainingLoss:
        """The mean of the losses."""
        losses = self.loss(logits, targets)
        return TrainingLoss(losses.mean(), None, losses)


@torch.enable_grad()
def _training_losses(meta_model: nn.Module, logits: Tensor, targets: Tensor, loss: ExampleLoss | None) -> Tensor:
    """L^tra [N], recorded."""
    if loss is not None:
        return _one_each(loss(logits, targets), logits, "loss")
    losses = training_loss(meta_model, logits, targets).losses
    if losses is None:
        raise ValueError("loss: expected a loss of each example, since the meta model reports none; got None")
    return losses


def _virtual_weights(recorded: RecordedPass, meta_model: nn.Module, lr: float) -> dict[str, Tensor]:
    """ŵ by name."""
    weights = recorded.batch.leaves
    if isinstance(meta_model, BatchMetaModel):
        return {name: weight.detach() for name, weight in weights.items()}
    head = TrainingHead(meta_model, recorded.logits, recorded.batch.y)
    gradients = recorded.gradients(head.cotangent.detach())
    with torch.no_grad():
        stepped, _ = virtual_step(list(weights.values()), list(gradients.values()), lr)
    return dict(zip(weights, stepped, strict=True))


@torch.enable_grad()
def _with_meta_losses(meta: MetaBatch, weights: dict[str, Tensor], use: Callable[[Tensor], Tensors]) -> Tensors:
    """What `use` makes of L^val [M], recorded on these weights, while the network computes with them."""

    def run() -> Tensors:
        logits = call_model(meta.model, meta.x)
        return use(_one_each(meta.loss(logits, meta.y), logits, "meta_loss"))

    return with_tensors(meta.model, {**weights, **buffer_copies(meta.model)}, run)


def _stacked(losses: Tensor, parameters: Sequence[Tensor], kind: torch.dtype) -> list[Tensor]:
    """∂L_j/∂w of each of the parameters, a row for each example: [M, entries]."""
    stacked = [parameter.new_empty(len(losses), parameter.numel(), dtype=kind) for parameter in parameters]
    for index, gradients in enumerate(example_gradients(losses, parameters)):
        for rows, gradient in zip(stacked, gradients, strict=True):
            rows[index] = gradient.flatten()
    return [rows.detach() for rows in stacked]


def _one_each(losses: object, logits: Tensor, name: str) -> Tensor:
    """The losses; raise unless there is one for each example."""
    if not isinstance(losses, Tensor):
        raise TypeError(f"{name}: expected a function that returns a tensor, got {type(losses).__name__}")
    if losses.shape != logits.shape[:1]:
        raise ValueError(f"{name}: expected a loss for each example, [{len(logits)}], got {list(losses.shape)}")
    return losses
