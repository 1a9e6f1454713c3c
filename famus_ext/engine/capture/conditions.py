"""What recorded sections take for granted of the modules that they ran."""

from __future__ import annotations

from collections.abc import Mapping

from torch import nn

Conditions = dict[str, object]
"""What was seen, by what it is of."""


def conditions(modules: Mapping[str, nn.Module]) -> Conditions:
    """Modes of modules, and the addresses of their tensors.

    Args:
        modules: The modules by the argument that they came as.
    """
    found: Conditions = {}
    for argument, module in modules.items():
        for path, part in module.named_modules():
            found[f"{argument}: the mode of {path or 'the whole'}"] = "training" if part.training else "evaluation"
            for registry in (part._parameters, part._buffers):
                for name, tensor in registry.items():
                    if tensor is not None:
                        place = f"at {tensor.data_ptr():#x}, {'trained' if tensor.requires_grad else 'fixed'}"
                        found[f"{argument}: {path}.{name}".replace(" .", " ")] = place
    return found


def check_conditions(expected: Conditions, modules: Mapping[str, nn.Module]) -> None:
    """Raise ValueError where something has changed since the step was captured."""
    now = conditions(modules)
    if now == expected:
        return
    name = min(key for key in expected.keys() | now.keys() if expected.get(key) != now.get(key))
    raise ValueError(
        f"{name}: expected as when the step was captured ({expected.get(name, 'not there')}), got "
        f"{now.get(name, 'not there')}; make a new MetaStep after such a change"
    )
