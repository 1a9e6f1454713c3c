"""G_{i,j,l} of FaMUS, Eq. 7: how much each training example helps each meta example, layer by layer."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any, get_args

from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from famus_ext._checks import check_finite
from famus_ext.diagnostics.example_products import PlainTraining, Way, example_products
from famus_ext.diagnostics.layer_selection import LayerSelection, select_layers
from famus_ext.engine.batches import MetaBatch, MetaLoss, TrainingBatch, check_batch, check_device, check_pair
from famus_ext.losses import ExampleLoss, cross_entropy
from famus_ext.losses.example_loss import check_example_loss
from famus_ext.meta_models import BatchMetaModel
from famus_ext.network.buffers import BufferState
from famus_ext.network.layers import Layer, trainable
from famus_ext.network.random_state import random_state, replayed


@dataclass(frozen=True)
class GradientDots:
    """G_{i,j,l} = ⟨∂L_j^val(ŵ)/∂ŵ_l, ∂L_i^tra(w)/∂w_l⟩ (FaMUS, Eq. 7) and its sums.

    Attributes:
        values: G [N, M, L'], for the L' layers chosen.
        layers: Those layers, L'.
        lr: α of the virtual step.
        way: How they were computed, "by layer" or "by example"; see `gradient_dots`.
    """

    values: Tensor
    layers: tuple[Layer, ...]
    lr: float
    way: Way

    @property
    def per_example(self) -> Tensor:
        """Σ_j G_{i,j,l}: of each training example and layer, [N, L']."""
        return self.values.sum(1)

    @property
    def per_meta_example(self) -> Tensor:
        """Σ_i G_{i,j,l}: of each meta example and layer, [M, L']."""
        return self.values.sum(0)

    @property
    def per_pair(self) -> Tensor:
        """Σ_l G_{i,j,l}: of each training example and meta example, [N, M]."""
        return self.values.sum(2)

    @property
    def sample_dots(self) -> Tensor:
        """c_i = α/M Σ_j Σ_l G_{i,j,l}, [N]: `MetaGradient.sample_dots` of a sampler that keeps these layers."""
        return self.lr * self.per_pair.mean(1)


def gradient_dots(
    model: nn.Module,
    batch: tuple[Any, Any],
    meta_batch: tuple[Any, Any],
    *,
    lr: float,
    meta_model: nn.Module | None = None,
    layers: LayerSelection = 1,
    loss: ExampleLoss | None = None,
    meta_loss: MetaLoss = cross_entropy,
    way: Way = "auto",
) -> GradientDots:
    """Compute G_{i,j,l}, the product of each training example's gradient with each meta example's.

        ŵ         = w - α ∂ℓ(Φ(x; w), y; θ)/∂w                            Eq. 3
        G_{i,j,l} = ⟨∂L_j^val(ŵ)/∂ŵ_l, ∂L_i^tra(w)/∂w_l⟩                  Eq. 7

    Positive where a step on training example i lowers the loss of meta example j. The network runs in the mode it is
    in; in training mode BatchNorm couples the batch, and the gradients include that. Nothing is written: parameters,
    `.grad`, buffers, meta model and random state are as they were.

    Both ways give the same numbers, to rounding:

        "by layer"      three backwards of each batch, of which two ask whether examples depend on one another, and
                        `pairwise_gradient_dots` at each layer. Memory: beside one recorded pass of each batch the
                        slopes at the layers' outputs, and G. For networks that do not mix the examples of a batch, and
                        use each chosen parameter once: in a linear layer, convolution, embedding or normalisation.
        "by example"    N + M backwards from the logits down to the lowest layer chosen. Memory: M + 1 gradients of the
                        layers chosen (the last block of WRN-28-10 takes 3 GB at M = 100). For every network.

    Args:
        model: The network Φ, any module.
        batch: (x, y), the N training examples, as for `sampled_meta_grad`.
        meta_batch: (x_v, y_v), the M trusted examples.
        lr: α, one number for all parameters.
        meta_model: Ψ, whose ℓ takes the virtual step; None is plain training, ℓ = (1/N) Σ_i L_i. A `BatchMetaModel`
            such as L2R starts at zero: ŵ = w.
        layers: The last k layers, or a list of names of layers or of entries of `famus_ext.layers`.
        loss: L^tra of each example; None is the one that the meta model reports, cross-entropy without a meta model.
        meta_loss: L^val of each meta example.
        way: "by layer", "by example", or "auto": by layer where that is exact. The result says which it was.

    Returns:
        The products, float64 for float64 parameters, float32 for all others, and their sums.

    Raises:
        TypeError, ValueError: An argument does not fit; the message names it. So where the way is "by layer" and the
            network not of that kind: the message says why.
    """
    chosen = select_layers(model, layers)
    if isinstance(model, DistributedDataParallel):
        raise TypeError("model: expected the network itself, got DistributedDataParallel; pass its `module`")
    if meta_model is not None and not isinstance(meta_model, nn.Module):
        raise TypeError(f"meta_model: expected a torch.nn.Module, got {type(meta_model).__name__}")
    check_example_loss(cross_entropy if loss is None else loss)
    check_example_loss(meta_loss, "meta_loss")
    if check_finite(lr, "lr") < 0:
        raise ValueError(f"lr: expected a number >= 0, got {lr}")
    if way not in get_args(Way):
        raise ValueError(f"way: expected one of {get_args(Way)}, got {way!r}")
    training = TrainingBatch(model, trainable(model), *check_pair("batch", batch))
    meta = MetaBatch(model, *check_pair("meta_batch", meta_batch), meta_loss)
    psi = _meta_model(meta_model, loss)
    devices = {parameter.device for parameter in training.leaves.values()}
    check_batch("x", training.x, training.y, devices)
    check_batch("x_meta", meta.x, meta.y, devices)
    check_device("meta_model", dict(psi.named_parameters()), devices)
    states = [BufferState(model), BufferState(psi)]
    try:
        with replayed(random_state()):
            values, taken = example_products(training, meta, psi, loss, lr, chosen, way)
    finally:
        for state in states:
            state.restore()
    return GradientDots(values, chosen, float(lr), taken)


def _meta_model(meta_model: nn.Module | None, loss: ExampleLoss | None) -> nn.Module:
    """A meta model that may be written to."""
    if meta_model is None:
        return PlainTraining(cross_entropy if loss is None else loss)
    # θ of a batch's meta model is made anew for the batch.
    return copy.deepcopy(meta_model) if isinstance(meta_model, BatchMetaModel) else meta_model
