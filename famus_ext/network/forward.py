"""One forward pass of an unchanged network, with its own parameters or with others in their place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from torch import Tensor, nn
from torch.func import functional_call

Result = TypeVar("Result")


def call_model(model: nn.Module, inputs: Any) -> Tensor:
    """Compute the logits Φ(x; w).

    Args:
        model: The network.
        inputs: A tensor, a tuple or list of positional arguments, or a mapping of keyword arguments.

    Returns:
        The logits, [N, ...].

    Raises:
        TypeError: The network returns neither a tensor nor an object with a tensor `logits`.
    """
    if isinstance(inputs, Mapping):
        outputs = model(**inputs)
    elif isinstance(inputs, (tuple, list)):
        outputs = model(*inputs)
    else:
        outputs = model(inputs)
    logits = outputs if isinstance(outputs, Tensor) else _logits(outputs)
    if not isinstance(logits, Tensor) or not logits.is_floating_point():
        raise TypeError(
            f"model: expected floating-point logits, or an output with such a `logits`, got {_kind(outputs)}"
        )
    return logits


def with_tensors(model: nn.Module, tensors: Mapping[str, Tensor], compute: Callable[[], Result]) -> Result:
    """Run `compute` while the network has other tensors in place of its parameters and buffers of these names.

    A backward of what ran must run inside as well: a checkpointed block runs its forward again when it is
    differentiated, with the tensors that the network has then.
    """
    result: Result = functional_call(_Around(model, compute), {f"model.{name}": t for name, t in tensors.items()}, ())
    return result


class _Around(nn.Module):
    """A module that holds the network and runs a function: what `functional_call` takes."""

    def __init__(self, model: nn.Module, compute: Callable[[], Any]) -> None:
        super().__init__()
        self.model, self.compute = model, compute

    def forward(self) -> Any:
        return self.compute()


def _logits(outputs: Any) -> Any:
    """The field that Hugging Face models and their likes call `logits`."""
    return outputs.get("logits") if isinstance(outputs, Mapping) else getattr(outputs, "logits", None)


def _kind(value: Any) -> str:
    """A value's type in words."""
    return f"a {value.dtype} tensor" if isinstance(value, Tensor) else type(value).__name__
