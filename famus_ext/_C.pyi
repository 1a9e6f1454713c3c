"""The native module: addresses, sizes and a stream in.

It refuses null and misaligned addresses, sizes that cannot be, and outputs that overlap an operand, as ValueError; that
the memory is there is for famus_ext.ops to see to, which allocates it.

The functions whose names end in _cuda exist in builds with CUDA only.
"""

from collections.abc import Sequence
from typing import TypeAlias

VirtualStepTensor: TypeAlias = tuple[int, int, int, int, int, int, float]
"""Addresses of w, g, w_hat [D, inner] and g_bar [D]; D; inner, at least 1; lr."""

LayerDotsPair: TypeAlias = tuple[int, int, int, int]
"""Addresses of a and b [size]; size, at least 1; the layer's index, never less than the previous pair's."""

GumbelGate: TypeAlias = tuple[int, int, int, int, int, int, int]
"""Addresses of x [D], W [H, D], b [H], a [1], V [2, H] and c [2]; D."""

GradGumbelGate: TypeAlias = tuple[int, int, int, int, int, int, int]
"""Addresses of x [D], W [H, D], a [1], V [2, H], grad_eta [H D + H + 1 + 2 H + 2] and grad_x [D] or 0; D."""

NormShape: TypeAlias = tuple[int, int, int]
"""N, C and inner, each at least 1; a tensor whose channels are innermost in memory has inner = 1."""

NormTensors: TypeAlias = tuple[int, int, int, int]
"""Addresses of x, ẋ, a ReLU's output and ẏ [N, C, inner]; 0 for ẋ or a ReLU's output that is absent."""

NormChannels: TypeAlias = tuple[int, int, int, int, int]
"""Addresses of μ, σ⁻¹, γ, t_γ and t_β [C]; 0 for γ, t_γ or t_β that is absent."""

ConvolutionRow: TypeAlias = tuple[Sequence[Sequence[int]], int, int, int]
"""Three axes, each of input, output, kernel, stride, padding and dilation; C, O and groups; `ops.geometry`."""

ProductRow: TypeAlias = tuple[ConvolutionRow, Sequence[int], Sequence[int], Sequence[int]]
"""The geometry; addresses of x, y', v and v_b, 0 if absent; strides of x and of y' by example, channel and position."""

LookUpRow: TypeAlias = tuple[Sequence[int], int, int, int, int]
"""Addresses of a table, y' and indices, 0 for rows in order; rows, width, rows of the table; an index to skip."""

NormRow: TypeAlias = tuple[Sequence[int], int, int, Sequence[int], Sequence[int]]
"""Addresses of x, y', μ, σ⁻¹, v_γ and v_β; rows, width; strides of the statistics (3) and of the parameters (2)."""

PairwiseBatch: TypeAlias = tuple[
    int, int, int, Sequence[tuple[int, int, int, int, int, int]], tuple[int, ...], tuple[int, ...]
]
"""Addresses of x [N, C, ...] and y' [N, O, ...]; N, at least 1; input, output, kernel, stride, padding and dilation of
each of three axes; strides of x and of y' in entries: of the examples, the channels and the axes."""

PairwiseLayer: TypeAlias = tuple[int, int, int, bool]
"""C, O, groups, and whether the bias counts."""

version: str
cxx_compiler: str
cuda_compiler: str | None
cuda_version: str | None
cuda_architectures: tuple[int, ...]
dtypes: dict[str, int]
ROW_SEGMENT: int
DOT_CHUNK: int

def cuda_status() -> tuple[int, str]: ...
def virtual_step_workspace(tensors: Sequence[VirtualStepTensor], /) -> int: ...
def virtual_step_cpu(dtype: int, tensors: Sequence[VirtualStepTensor], threads: int, /) -> None: ...
def virtual_step_cuda(dtype: int, tensors: Sequence[VirtualStepTensor], workspace: int, stream: int, /) -> None: ...
def layer_dots_workspace(pairs: Sequence[LayerDotsPair], /) -> int: ...
def layer_dots_cpu(
    dtype: int, pairs: Sequence[LayerDotsPair], layers: int, out: int, workspace: int, threads: int, /
) -> None: ...
def layer_dots_cuda(
    dtype: int, pairs: Sequence[LayerDotsPair], layers: int, out: int, workspace: int, stream: int, /
) -> None: ...
def gumbel_gates_cpu(
    dtype: int,
    gates: Sequence[GumbelGate],
    hidden: int,
    temperature: float,
    noise: int,
    r: int,
    h: int,
    ds_dd: int,
    threads: int,
    /,
) -> None: ...
def gumbel_gates_cuda(
    dtype: int,
    gates: Sequence[GumbelGate],
    hidden: int,
    temperature: float,
    noise: int,
    r: int,
    h: int,
    ds_dd: int,
    stream: int,
    /,
) -> None: ...
def grad_gumbel_gates_cpu(
    dtype: int,
    gates: Sequence[GradGumbelGate],
    hidden: int,
    cotangent: int,
    h: int,
    ds_dd: int,
    workspace: int,
    threads: int,
    /,
) -> None: ...
def grad_gumbel_gates_cuda(
    dtype: int,
    gates: Sequence[GradGumbelGate],
    hidden: int,
    cotangent: int,
    h: int,
    ds_dd: int,
    workspace: int,
    stream: int,
    /,
) -> None: ...
def gradient_dots_workspace(examples: int, layer: ProductRow | LookUpRow | NormRow, /) -> int: ...
def gradient_dots_cpu(
    dtype: int,
    examples: int,
    layer: ProductRow | LookUpRow | NormRow,
    out: int,
    workspace: int,
    threads: int,
    /,
) -> None: ...
def gradient_dots_cuda(
    dtype: int,
    examples: int,
    layer: ProductRow | LookUpRow | NormRow,
    out: int,
    workspace: int,
    stream: int,
    /,
) -> None: ...
def norm_pushforward_workspace(shape: NormShape, /) -> int: ...
def norm_pushforward_cpu(
    dtype: int,
    shape: NormShape,
    tensors: NormTensors,
    channels: NormChannels,
    batch_statistics: bool,
    workspace: int,
    threads: int,
    /,
) -> None: ...
def norm_pushforward_cuda(
    dtype: int,
    shape: NormShape,
    tensors: NormTensors,
    channels: NormChannels,
    batch_statistics: bool,
    workspace: int,
    stream: int,
    /,
) -> None: ...
def pairwise_gradient_dots_workspace(
    dtype: int, training: PairwiseBatch, meta: PairwiseBatch, layer: PairwiseLayer, cuda: bool, /
) -> int: ...
def pairwise_gradient_dots_cpu(
    dtype: int,
    training: PairwiseBatch,
    meta: PairwiseBatch,
    layer: PairwiseLayer,
    out: int,
    workspace: int,
    threads: int,
    /,
) -> None: ...
def pairwise_gradient_dots_cuda(
    dtype: int,
    training: PairwiseBatch,
    meta: PairwiseBatch,
    layer: PairwiseLayer,
    out: int,
    workspace: int,
    stream: int,
    /,
) -> None: ...
