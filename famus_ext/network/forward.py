"""One forward pass of an unchanged network, with its own parameters or with others in their place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn
from torch.func import functional_call


def call_model(
    model: nn.Module,
    inputs: Any,
    *,
    parameters: Mapping[str, Tensor] | None = None,
    buffers: Mapping[str, Tensor] | None = None,
) -> Tensor:
    """Compute the logits Φ(x; w).

    Args:
        model: The network.
        inputs: A tensor, a tuple or list of positional arguments, or a mapping of keyword arguments.
        parameters: Tensors to use in place of the network's parameters of these names.
        buffers: Tensors to use, and to update, in place of the network's buffers of these names.

    Returns:
        The logits, [N, ...].

    Raises:
        TypeError: The network returns neither a tensor nor an object with a tensor `logits`.
    """
    args, kwargs = _arguments(inputs)
    if parameters is None and buffers is None:
        outputs = model(*args, **kwargs)
    else:
        outputs = functional_call(model, {**(parameters or {}), **(buffers or {})}, args, kwargs)
    logits = outputs if isinstance(outputs, Tensor) else _logits(outputs)
    if not isinstance(logits, Tensor) or not logits.is_floating_point():
        raise TypeError(
            f"model: expected floating-point logits, or an output with such a `logits`, got {_kind(outputs)}"
        )
    return logits


def _arguments(inputs: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Positional and keyword arguments of the network's call."""
    if isinstance(inputs, Mapping):
        return (), dict(inputs)
    if isinstance(inputs, (tuple, list)):
        return tuple(inputs), {}
    return (inputs,), {}


def _logits(outputs: Any) -> Any:
    """The field that Hugging Face models and their likes call `logits`."""
    return outputs.get("logits") if isinstance(outputs, Mapping) else getattr(outputs, "logits", None)


def _kind(value: Any) -> str:
    """A value's type in words."""
    return f"a {value.dtype} tensor" if isinstance(value, Tensor) else type(value).__name__
