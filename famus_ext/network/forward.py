"""One forward pass of an unchanged network, with its own parameters or with others in their place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

Result = TypeVar("Result")


def call_model(model: nn.Module, inputs: Any) -> Tensor:
    """Compute the logits Φ(x; w).

    Args:
        model: The network; of a DistributedDataParallel the module inside, since it would average what the engine sums.
        inputs: A tensor, a tuple or list of positional arguments, or a mapping of keyword arguments.

    Returns:
        The logits, [N, ...].

    Raises:
        TypeError: The network returns neither a tensor nor an object with a tensor `logits`.
    """
    model = model.module if isinstance(model, DistributedDataParallel) else model
    if isinstance(inputs, Mapping):
        outputs = model(**inputs)
    elif isinstance(inputs, (tuple, list)):
        outputs = model(*inputs)
    else:
        outputs = model(inputs)
    logits = outputs if isinstance(outputs, Tensor) else _logits(outputs)
    if not isinstance(logits, Tensor) or not logits.is_floating_point():
        raise TypeError(
            f"model: expected floating-point logits, or an output with such a `logits`, got {_kind(outputs)}; "
            "wrap a network with other outputs in a module that returns the logits alone"
        )
    return logits


def with_tensors(model: nn.Module, tensors: Mapping[str, Tensor], compute: Callable[[], Result]) -> Result:
    """Run `compute` while the network has other tensors in place of its parameters and buffers of these names.

    A tensor that the network holds in several places, tied weights say, is replaced in all of them. A backward of what
    ran must run inside as well: a checkpointed block runs its forward again when it is differentiated, with the tensors
    that the network has then.
    """
    slots = _slots(model, tensors)
    try:
        for registry, key, _, tensor in slots:
            registry[key] = tensor
        return compute()
    finally:
        for registry, key, own, _ in slots:
            registry[key] = own


def _slots(
    model: nn.Module, tensors: Mapping[str, Tensor]
) -> list[tuple[dict[str, Tensor | None], str, Tensor, Tensor]]:
    """Every place of a tensor that is replaced: the module's registry, the key in it, what is there, what is to be.

    `torch.func.functional_call` does the same, and costs a small network a tenth of its forward pass.
    """
    slots: list[tuple[dict[str, Tensor | None], str, Tensor, Tensor]] = []
    replaced: dict[Tensor, Tensor] = {}
    for path, module in model.named_modules():
        for registry in (module._parameters, module._buffers):
            for key, own in registry.items():
                if own is None:
                    continue
                # A tensor bears the name of the first place that it is found in.
                name = f"{path}.{key}" if path else key
                if name in tensors:
                    replaced[own] = tensors[name]
                if own in replaced:
                    slots.append((registry, key, own, replaced[own]))  # type: ignore[arg-type]
    return slots


def _logits(outputs: Any) -> Any:
    """The field that Hugging Face models and their likes call `logits`."""
    return outputs.get("logits") if isinstance(outputs, Mapping) else getattr(outputs, "logits", None)


def _kind(value: Any) -> str:
    """A value's type in words."""
    return f"a {value.dtype} tensor" if isinstance(value, Tensor) else type(value).__name__
