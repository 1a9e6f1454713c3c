"""What a step that has run out of memory can be told to turn down."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

SIGNS = ("out of memory", "can't allocate memory", "not enough memory", "CUBLAS_STATUS_ALLOC_FAILED")
"""Parts of the messages with which allocators fail; only that of the GPU has an error class of its own."""


@contextmanager
def naming_what_to_turn_down(*, engine: str, micro_batches: int, recompute: bool, every_layer: bool) -> Iterator[None]:
    """Add to an error of memory what would need less of it.

    Args:
        engine: The engine at work.
        micro_batches: Into how many parts the batches are cut.
        recompute: Whether the training batch is recorded twice to save memory.
        every_layer: Whether the meta gradient of all layers is kept.

    Raises:
        torch.OutOfMemoryError: Memory has run out, on the CPU or a GPU.
    """
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        if not (isinstance(error, MemoryError) or any(sign in str(error) for sign in SIGNS)):
            raise
        remedies = ["smaller batches"]
        if engine == "pushforward":
            if micro_batches == 1 and not recompute:
                remedies.append("recompute=True")
            remedies.append(f"micro_batches={2 * micro_batches}")
        else:
            remedies.append(f'engine="pushforward" in place of {engine!r}')
        if every_layer:
            remedies.append("a sampler that keeps a few layers, as LastLayers(2)")
        raise torch.OutOfMemoryError(f"{error}\nA meta step needs less memory with {', '.join(remedies)}") from error
