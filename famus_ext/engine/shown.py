"""How a record of tensors is shown: numbers as they are, of other tensors the type and the shape."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

from torch import Tensor

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


def shown(record: DataclassInstance) -> str:
    """A dataclass in a line: `StepOutput(loss=1.099, ..., weights=float32 [100], ...)`."""
    parts = (f"{field.name}={_value(getattr(record, field.name))}" for field in fields(record))
    return f"{type(record).__name__}({', '.join(parts)})"


def _value(value: Any) -> str:
    """One field."""
    if isinstance(value, Tensor):
        kind = str(value.dtype).removeprefix("torch.")
        return f"{value.item():.4g}" if not value.dim() else f"{kind} {list(value.shape)}"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{name}: {_value(one)}' for name, one in value.items())}}}"
    if isinstance(value, tuple):
        return f"({len(value)} of {type(value[0]).__name__})" if value else "()"
    return repr(value)
