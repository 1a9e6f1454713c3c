"""The two batches of a meta step, each with the network that is run on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from famus_ext.engine.distributed.processes import ALONE, Processes
from famus_ext.engine.phases import Phase, phase
from famus_ext.network.forward import call_model, with_tensors
from famus_ext.network.inputs import batch_size, cuts, slice_inputs

MetaLoss = Callable[[Tensor, Tensor], Tensor]
"""Maps logits [M, ...] and targets to the loss of each meta example [M], or to their mean."""

Result = TypeVar("Result")


@dataclass(frozen=True)
class TrainingBatch:
    """The N training examples.

    Attributes:
        leaves: w by name, the tensors that the forward pass is recorded on: the network's trainable parameters, or
            tensors that stand in for them.
        stand_in: Whether they stand in for the network's own.
        micro_batches: Into how many parts the batch is cut, to save memory; 1 is none.
        recompute: Whether its graph is dropped during the meta pass and recorded again, to save memory.
        processes: Those that hold a part of the training examples each; these are this process'.
    """

    model: nn.Module
    leaves: dict[str, Tensor]
    x: Any
    y: Any
    stand_in: bool = False
    micro_batches: int = 1
    recompute: bool = False
    processes: Processes = ALONE

    def forward(self, x: Any) -> Tensor:
        """The logits z = Φ(x; w) of the batch or of a part of it."""
        with _named("x", x, self.model):
            return self.with_leaves(lambda: call_model(self.model, x))

    def with_leaves(self, compute: Callable[[], Result]) -> Result:
        """Run `compute` while the network computes with the leaves."""
        return with_tensors(self.model, self.leaves, compute) if self.stand_in else compute()

    def check(self, logits: Tensor) -> None:
        """Raise unless there is a target for each row of the logits."""
        if isinstance(self.y, Tensor) and self.y.dim() and len(self.y) != len(logits):
            raise ValueError(f"y: expected {len(logits)} targets, one for each row of the logits, got {len(self.y)}")

    def parts(self) -> list[Any]:
        """The inputs of each micro-batch.

        Raises:
            TypeError: There is no tensor among the inputs to be cut.
        """
        return [part for part, _, _ in _parts("x", self.x, self.micro_batches)]


@dataclass(frozen=True)
class MetaBatch:
    """The trusted examples, or this process' part of them.

    Attributes:
        share: M_p / M, which part of all it is.
    """

    model: nn.Module
    x: Any
    y: Any
    loss: MetaLoss
    micro_batches: int = 1
    share: float = 1.0

    @property
    def size(self) -> int:
        """The number of examples here, M_p.

        Raises:
            TypeError: There is no tensor among the inputs to be counted.
        """
        return _size("x_meta", self.x)

    def losses(self) -> Iterator[Tensor]:
        """The summands, one a micro-batch, of L_c = (1/M) Σ_j L(Φ(x_v; ·), y_v) for the network as it is now."""
        if self.micro_batches == 1:
            loss = self._mean_loss(self.x, self.y)
            yield loss if self.share == 1.0 else loss * self.share
            return
        parts = _parts("x_meta", self.x, self.micro_batches)
        size = parts[-1][2]
        for x, start, stop in parts:
            yield self._mean_loss(x, slice_inputs(self.y, size, start, stop)) * (self.share * (stop - start) / size)

    def _mean_loss(self, x: Any, y: Any) -> Tensor:
        """The mean loss of some of the examples, 0-d."""
        with phase(Phase.META_FORWARD):
            with _named("x_meta", x, self.model):
                logits = call_model(self.model, x)
            losses = self.loss(logits, y)
        if not isinstance(losses, Tensor):
            raise TypeError(f"meta_loss: expected a function that returns a tensor, got {type(losses).__name__}")
        if logits.requires_grad and not losses.requires_grad:
            raise ValueError("meta_loss: its result does not depend on the logits; was it detached?")
        return losses.mean()


def check_pair(name: str, value: Any) -> tuple[Any, Any]:
    """Inputs and targets of a batch."""
    if not isinstance(value, (tuple, list)) or len(value) != 2:
        raise TypeError(f"{name}: expected a pair of inputs and targets, got {type(value).__name__}")
    return value[0], value[1]


def check_batch(name: str, inputs: Any, targets: Any, devices: set[torch.device]) -> None:
    """A batch has examples, as many as targets, where its network is."""
    label = name.replace("x", "y", 1)
    if inputs is None or (hasattr(inputs, "__array__") and not isinstance(inputs, Tensor)):
        raise TypeError(f"{name}: expected a tensor, or several as the network takes them, got {type(inputs).__name__}")
    for argument, tensor in ((name, inputs), (label, targets)):
        if isinstance(tensor, Tensor):
            if not tensor.dim() or not len(tensor):
                raise ValueError(f"{argument}: expected at least one example, got shape {list(tensor.shape)}")
            check_device(argument, {argument: tensor}, devices)
    if isinstance(inputs, Tensor) and isinstance(targets, Tensor) and len(inputs) != len(targets):
        raise ValueError(f"{label}: expected {len(inputs)} targets, one for each row of {name}, got {len(targets)}")


def check_device(argument: str, tensors: Mapping[str, Tensor], devices: set[torch.device]) -> None:
    """Tensors are where the network is, if it is in one place; one without entries (L2R's first ε) may be anywhere."""
    (expected, *others) = devices
    for tensor in tensors.values():
        if not others and tensor.numel() and tensor.device != expected:
            raise ValueError(f"{argument}: expected the model's device, {expected}, got {tensor.device}")


def _parts(argument: str, x: Any, pieces: int) -> list[tuple[Any, int, int]]:
    """The inputs of each micro-batch, with the first example's position and the one past the last."""
    size = _size(argument, x)
    return [(slice_inputs(x, size, start, stop), start, stop) for start, stop in cuts(size, pieces)]


def _size(argument: str, x: Any) -> int:
    """The number of examples."""
    size = batch_size(x)
    if size is None:
        raise TypeError(f"{argument}: expected a tensor among the inputs, with a row for each example, got none")
    return size


@contextmanager
def _named(argument: str, inputs: Any, model: nn.Module) -> Iterator[None]:
    """Name the argument where the network fails on an input of another dtype than its own."""
    try:
        yield
    except RuntimeError as error:
        dtypes = {p.dtype for p in model.parameters() if p.is_floating_point()}
        about_dtypes = any(word in str(error) for word in ("dtype", "scalar type", "Input type"))
        if about_dtypes and isinstance(inputs, Tensor) and inputs.dtype not in dtypes:
            own = " and ".join(sorted(str(dtype) for dtype in dtypes))
            raise TypeError(
                f"{argument}: expected the dtype of the model's parameters, {own}, got {inputs.dtype}"
            ) from error
        if hasattr(error, "add_note"):
            error.add_note(f"famus_ext: this came up when the network was run on {argument}")
        raise
