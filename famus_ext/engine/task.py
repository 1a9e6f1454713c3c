"""One meta-gradient computation, checked: what every engine is handed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from famus_ext._checks import check_finite
from famus_ext.meta_models import BatchMetaModel
from famus_ext.network.forward import call_model
from famus_ext.network.layers import Layer, trainable
from famus_ext.samplers import AllLayers, Sampler

MetaLoss = Callable[[Tensor, Tensor], Tensor]
"""Maps logits [M, ...] and targets to the loss of each meta example [M], or to their mean."""

LAMBDA = 0.1
"""The paper's λ1 and λ2."""


@dataclass(frozen=True)
class MetaTask:
    """The arguments of `sampled_meta_grad`, with the defaults filled in.

    Attributes:
        parameters: w by name: all trainable parameters, in a layer or not.
        theta: θ by name.
        learning_rates: α by parameter name.
    """

    model: nn.Module
    meta_model: nn.Module
    sampler: Sampler
    layers: tuple[Layer, ...]
    parameters: dict[str, Tensor]
    theta: dict[str, Tensor]
    learning_rates: dict[str, float]
    x: Any
    y: Any
    x_meta: Any
    y_meta: Any
    lambda_r: float
    lambda_g: float
    meta_loss: MetaLoss

    def forward(self) -> Tensor:
        """The virtual forward pass z = Φ(x; w), [N, ...], recorded."""
        with torch.enable_grad(), self._named("x", self.x):
            logits = call_model(self.model, self.x)
        if isinstance(self.y, Tensor) and self.y.dim() and len(self.y) != len(logits):
            raise ValueError(f"y: expected {len(logits)} targets, one for each row of the logits, got {len(self.y)}")
        if not logits.requires_grad:
            raise ValueError("model: its output does not depend on any trainable parameter")
        return logits

    def meta_forward(self) -> Tensor:
        """The meta loss L_c = (1/M) Σ_j L(Φ(x_v; ·), y_v), 0-d, of the network as it is now."""
        # DistributedDataParallel would take this pass for the one whose gradients it is to average.
        alone = self.model.no_sync() if isinstance(self.model, DistributedDataParallel) else nullcontext()
        with alone, self._named("x_meta", self.x_meta):
            logits = call_model(self.model, self.x_meta)
        losses = self.meta_loss(logits, self.y_meta)
        if not isinstance(losses, Tensor):
            raise TypeError(f"meta_loss: expected a function that returns a tensor, got {type(losses).__name__}")
        if logits.requires_grad and not losses.requires_grad:
            raise ValueError("meta_loss: its result does not depend on the logits; was it detached?")
        return losses.mean()

    def begin_batch(self, logits: Tensor) -> MetaTask:
        """Let a meta model whose θ belongs to the batch start it; θ is read again."""
        if not isinstance(self.meta_model, BatchMetaModel):
            return self
        self.meta_model.begin(logits.detach(), self.y)
        return replace(self, theta=trainable(self.meta_model))

    @contextmanager
    def _named(self, argument: str, inputs: Any) -> Iterator[None]:
        """Name the argument where the network fails on an input of another dtype than its own."""
        try:
            yield
        except RuntimeError as error:
            dtypes = {p.dtype for p in self.model.parameters() if p.is_floating_point()}
            about_dtypes = any(word in str(error) for word in ("dtype", "scalar type", "Input type"))
            if about_dtypes and isinstance(inputs, Tensor) and inputs.dtype not in dtypes:
                own = " and ".join(sorted(str(dtype) for dtype in dtypes))
                raise TypeError(
                    f"{argument}: expected the dtype of the model's parameters, {own}, got {inputs.dtype}"
                ) from error
            if hasattr(error, "add_note"):
                error.add_note(f"famus_ext: this came up when the network was run on {argument}")
            raise


def meta_task(
    model: nn.Module,
    meta_model: nn.Module,
    batch: tuple[Any, Any],
    meta_batch: tuple[Any, Any],
    *,
    lr: float | Mapping[str, float],
    sampler: Sampler | None,
    lambda_r: float | None,
    lambda_g: float | None,
    meta_loss: MetaLoss,
) -> MetaTask:
    """Check the arguments of `sampled_meta_grad` and fill in the defaults."""
    if not isinstance(model, nn.Module):
        raise TypeError(f"model: expected a torch.nn.Module, got {type(model).__name__}")
    if not isinstance(meta_model, nn.Module):
        raise TypeError(f"meta_model: expected a torch.nn.Module, got {type(meta_model).__name__}")
    if isinstance(model, DistributedDataParallel) and dist.get_world_size(model.process_group) > 1:
        raise NotImplementedError(
            "model: several processes are not supported yet, each would take the meta gradient of a part of the batch"
        )
    sampler = AllLayers() if sampler is None else sampler
    if not isinstance(sampler, Sampler):
        raise TypeError(f"sampler: expected a famus_ext sampler, got {type(sampler).__name__}")
    theta = trainable(meta_model)
    if not theta:
        raise ValueError("meta_model: expected at least one parameter with requires_grad=True, got none")
    found = sampler.layers_of(model)
    parameters = trainable(model)
    if any(p.is_complex() for p in parameters.values()):
        raise TypeError("model: expected real trainable parameters, got a complex one")
    if not callable(meta_loss):
        raise TypeError(f"meta_loss: expected a function, got {type(meta_loss).__name__}")
    devices = {p.device for p in parameters.values()}
    _check_device("meta_model", theta, devices)
    _check_device("sampler", dict(sampler.named_parameters()), devices)
    x, y = _pair("batch", batch)
    x_meta, y_meta = _pair("meta_batch", meta_batch)
    _check_inputs("x", x, y, devices)
    _check_inputs("x_meta", x_meta, y_meta, devices)
    if isinstance(x, Tensor) and isinstance(x_meta, Tensor) and x.dtype != x_meta.dtype:
        raise TypeError(f"x_meta: expected the dtype of x, {x.dtype}, got {x_meta.dtype}")
    default = LAMBDA if sampler.learned else 0.0
    return MetaTask(
        model=model,
        meta_model=meta_model,
        sampler=sampler,
        layers=found,
        parameters=parameters,
        theta=theta,
        learning_rates=_learning_rates(lr, parameters),
        x=x,
        y=y,
        x_meta=x_meta,
        y_meta=y_meta,
        lambda_r=default if lambda_r is None else _not_negative("lambda_r", lambda_r),
        lambda_g=default if lambda_g is None else _not_negative("lambda_g", lambda_g),
        meta_loss=meta_loss,
    )


def _pair(name: str, value: Any) -> tuple[Any, Any]:
    """Inputs and targets of a batch."""
    if not isinstance(value, (tuple, list)) or len(value) != 2:
        raise TypeError(f"{name}: expected a pair of inputs and targets, got {type(value).__name__}")
    return value[0], value[1]


def _check_inputs(name: str, inputs: Any, targets: Any, devices: set[torch.device]) -> None:
    """A batch has examples, as many as targets, where its network is."""
    label = name.replace("x", "y", 1)
    for argument, tensor in ((name, inputs), (label, targets)):
        if isinstance(tensor, Tensor):
            if not tensor.dim() or not len(tensor):
                raise ValueError(f"{argument}: expected at least one example, got shape {list(tensor.shape)}")
            _check_device(argument, {argument: tensor}, devices)
    if isinstance(inputs, Tensor) and isinstance(targets, Tensor) and len(inputs) != len(targets):
        raise ValueError(f"{label}: expected {len(inputs)} targets, one for each row of {name}, got {len(targets)}")


def _check_device(argument: str, tensors: Mapping[str, Tensor], devices: set[torch.device]) -> None:
    """Tensors are where the network is, if it is in one place; one without entries (L2R's first ε) may be anywhere."""
    (expected, *others) = devices
    for tensor in tensors.values():
        if not others and tensor.numel() and tensor.device != expected:
            raise ValueError(f"{argument}: expected the model's device, {expected}, got {tensor.device}")


def _learning_rates(lr: float | Mapping[str, float], parameters: Mapping[str, Tensor]) -> dict[str, float]:
    """α for every parameter."""
    if not isinstance(lr, Mapping):
        return dict.fromkeys(parameters, _not_negative("lr", lr))
    if lr.keys() != parameters.keys():
        different = min(lr.keys() ^ parameters.keys())
        raise ValueError(
            f"lr: expected a number for each trainable parameter of the model, by name; {different!r} is "
            f"{'not one of them' if different in lr else 'missing'}"
        )
    return {name: _not_negative(f"lr[{name!r}]", rate) for name, rate in lr.items()}


def _not_negative(name: str, value: object) -> float:
    """A learning rate, λ1 or λ2."""
    number = check_finite(value, name)
    if number < 0:
        raise ValueError(f"{name}: expected a number >= 0, got {value}")
    return number
