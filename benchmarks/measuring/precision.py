"""The precision that products are computed in, for every row of a benchmark alike."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

import torch

Precision = Literal["fp32", "tf32", "bf16", "fp16"]

_AUTOCAST = {"bf16": torch.bfloat16, "fp16": torch.float16}


@contextmanager
def computing_in(precision: Precision, device: torch.device) -> Iterator[None]:
    """Compute products in this precision until the block ends.

    "fp32" is all of float32, "tf32" lets a GPU round the factors, "bf16" and "fp16" are torch's autocast, whose weights
    stay in float32. The loss is not scaled for float16, which changes no time.
    """
    allowed = torch.backends.cudnn.allow_tf32, torch.backends.cuda.matmul.allow_tf32
    torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = precision == "tf32"
    try:
        with torch.autocast(device.type, _AUTOCAST.get(precision), enabled=precision in _AUTOCAST):
            yield
    finally:
        torch.backends.cudnn.allow_tf32, torch.backends.cuda.matmul.allow_tf32 = allowed
