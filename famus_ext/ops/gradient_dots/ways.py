"""The two ways of `gradient_dots` around ẏ, the layer's output for a direction: by one kernel, or chunk by chunk."""

from __future__ import annotations

import itertools
from math import inf
from typing import Literal

import torch
from torch import Tensor

from famus_ext import _native
from famus_ext.ops._layout import ACCUMULATE
from famus_ext.ops.geometry import Convolution, Embedding, Geometry, Linear, Normalisation
from famus_ext.ops.gradient_dots import native_layers
from famus_ext.ops.gradient_dots.definition import output
from famus_ext.ops.gradient_dots.native_layers import NativeLayer

Way = Literal["fused", "chunked"]

FLOPS_PER_BYTE: dict[str, dict[tuple[type, torch.dtype], float]] = {
    "cpu": {
        (Convolution, torch.float32): 14,
        (Convolution, torch.float64): inf,  # oneDNN has none
        (Convolution, torch.float16): inf,  # nor this
        (Linear, torch.float16): inf,  # a pointwise convolution is one
    },
    # Unproven on a GPU: about what one does in float32 in the time in which it moves a byte.
    "cuda": dict.fromkeys(itertools.product((Convolution, Linear), ACCUMULATE), 32),
}
"""The most arithmetic for each byte of ẏ with which a product is "fused" by default; 0 where nothing is said.

Fused, ẏ is neither written nor read again. But where arithmetic is what takes the time, the vendor's product is the
faster one, if there is one: the bounds of the CPU were measured with PyTorch 2.13 and AVX-512.
"""

OUTPUTS = 8
"""The fewest outputs of a group with which a product is "fused" by default: of a tile, fewer leave most empty."""

CHUNK_BYTES = {"cpu": 2**21, "cuda": 2**25}
"""Of ẏ in a chunk, which is then still in the cache when it is read; a chunk has one example at least."""


def way_of(layer: Geometry, weight: Tensor) -> Way:
    """What `gradient_dots` does by default for a direction of this shape, dtype and device."""
    if not isinstance(layer, Linear | Convolution):
        return "fused"
    groups = layer.groups if isinstance(layer, Convolution) else 1
    kind = Linear if isinstance(layer, Convolution) and layer.pointwise else type(layer)
    bound = FLOPS_PER_BYTE.get(weight.device.type, {}).get((kind, weight.dtype), 0)
    arithmetic = 2 * weight.shape[1:].numel() / weight.element_size()
    return "fused" if arithmetic <= bound and len(weight) // groups >= OUTPUTS else "chunked"


def fused(layer: Geometry, x: Tensor, slopes: Tensor, weight: Tensor | None, bias: Tensor | None) -> Tensor | None:
    """By one kernel; None where it does not take the layer."""
    native: NativeLayer | None
    if isinstance(layer, Normalisation):
        native = native_layers.normalisation(layer, x, slopes, weight, bias)
    elif weight is None:
        native = native_layers.normalisation(_shift_alone(layer, slopes), slopes, slopes, None, bias)
    elif isinstance(layer, Embedding):
        native = native_layers.look_up(layer, x, slopes, weight)
    else:
        native = native_layers.product(layer, x, slopes, weight, bias)
    return None if native is None else launch(native, slopes)


def _shift_alone(layer: Geometry, slopes: Tensor) -> Normalisation:
    """A bias is the shift of a normalisation whose scale does not move."""
    zero = slopes.new_zeros([1] * slopes.dim())
    channels = (slopes.shape[1], *[1] * (slopes.dim() - 2))
    return Normalisation(zero, zero, channels if isinstance(layer, Convolution) else (slopes.shape[-1],))


def chunked(layer: Geometry, x: Tensor, slopes: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """By the vendor's product of a few examples at a time, and a kernel for its products with the slopes."""
    size = max(1, CHUNK_BYTES[slopes.device.type] // (slopes.numel() // len(slopes) * slopes.element_size()))
    if len(x) <= size:
        return launch(native_layers.rows(output(layer, x, weight, bias), slopes), slopes)
    parts = zip(torch.split(x, size), torch.split(slopes, size), strict=True)
    return torch.cat([chunked(layer, *part, weight, bias) for part in parts])


def launch(layer: NativeLayer, slopes: Tensor) -> Tensor:
    """Run the kernel for the examples of the slopes: [N]."""
    device, examples = slopes.device, len(slopes)
    out = torch.empty(examples, dtype=ACCUMULATE[slopes.dtype], device=device)
    size = _native.C.gradient_dots_workspace(examples, layer.row)
    workspace = torch.empty(size, dtype=torch.float64, device=device)
    arguments = _native.dtype_code(slopes.dtype), examples, layer.row, out.data_ptr(), workspace.data_ptr()
    if device.type == "cpu":
        _native.C.gradient_dots_cpu(*arguments, torch.get_num_threads())
    else:
        with torch.cuda.device(device):
            _native.C.gradient_dots_cuda(*arguments, torch.cuda.current_stream(device).cuda_stream)
    return out
