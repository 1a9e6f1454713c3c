"""Losses with a number for each class, on devices of every kind."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from famus_ext._widest import widest_dtype


class ClassNumbers(nn.Module):
    """A loss that holds numbers of the classes as buffers of float64, on a device without it of float32."""

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> nn.Module:
        """What `to`, `cuda` and their like come down to."""
        if (widest := widest_dtype(fn(torch.empty(0)).device)) != torch.float64:
            for name, buffer in self._buffers.items():
                self._buffers[name] = None if buffer is None else buffer.to(widest)
        return super()._apply(fn, recurse)  # type: ignore[no-any-return, no-untyped-call]
