"""The tangent of batch normalisation, and of a ReLU that follows, in as few passes as the statistics allow."""

from __future__ import annotations

import torch
from torch import Tensor

from famus_ext import _native
from famus_ext._checks import check_alike, check_tensor
from famus_ext.ops._layout import ACCUMULATE, in_order_of

Vectors = tuple[Tensor, Tensor, Tensor | None, Tensor | None, Tensor | None]
"""μ, σ⁻¹, γ, t_γ and t_β [C], of the dtype in which sums over x are formed."""


def norm_pushforward_reference(
    x: Tensor, vectors: Vectors, x_dot: Tensor | None, relu: Tensor | None, batch_statistics: bool
) -> Tensor:
    """The definition of `norm_pushforward`, with one number a channel before ẋ, before x - μ, and alone."""
    channels, others = [1, -1, *[1] * (x.dim() - 2)], [0, *range(2, x.dim())]
    mean, inverse_std = (v.view(channels) for v in vectors[:2])
    weight, weight_dot, bias_dot = (None if v is None else v.view(channels) for v in vectors[2:])
    centred = x.to(mean.dtype) - mean
    slope = torch.zeros_like(mean) if weight_dot is None else weight_dot * inverse_std
    result = torch.zeros_like(mean) if bias_dot is None else bias_dot
    if x_dot is not None:
        x_dot = x_dot.to(mean.dtype)
        scale = inverse_std if weight is None else weight * inverse_std
        if batch_statistics:
            result = result - scale * x_dot.mean(others, keepdim=True)
            slope = slope - scale * inverse_std**2 * (centred * x_dot).mean(others, keepdim=True)
        result = torch.addcmul(result, x_dot, scale)
    if weight_dot is not None or (x_dot is not None and batch_statistics):
        result = torch.addcmul(result, centred, slope)
    if relu is not None:
        result = result.masked_fill(relu <= 0, 0)
    return result.to(x.dtype).expand_as(x)


def _channels_innermost(x: Tensor) -> bool:
    """Whether x [N, C, ...] fills its memory with the channels innermost, and is not contiguous as well."""
    return not x.is_contiguous() and x.movedim(1, -1).is_contiguous()


def _address(tensor: Tensor | None) -> int:
    return 0 if tensor is None else tensor.data_ptr()


def _launch(x: Tensor, vectors: Vectors, x_dot: Tensor | None, relu: Tensor | None, batch_statistics: bool) -> Tensor:
    """Run the kernel on tensors with entries."""
    device = x.device
    innermost = _channels_innermost(x)
    x = x if innermost else x.contiguous()
    x_dot, relu = (None if tensor is None else in_order_of(x, tensor) for tensor in (x_dot, relu))
    mean, inverse_std, weight, weight_dot, bias_dot = (None if v is None else v.contiguous() for v in vectors)
    out = torch.empty_like(x)
    rows, channels, inner = len(x), x.shape[1], x.shape[2:].numel()
    shape = (rows * inner, channels, 1) if innermost else (rows, channels, inner)
    workspace = torch.empty(_native.C.norm_pushforward_workspace(shape), dtype=torch.float64, device=device)
    arguments = (
        _native.dtype_code(x.dtype),
        shape,
        (_address(x), _address(x_dot), _address(relu), _address(out)),
        (_address(mean), _address(inverse_std), _address(weight), _address(weight_dot), _address(bias_dot)),
        batch_statistics,
        _address(workspace),
    )
    if device.type == "cpu":
        _native.C.norm_pushforward_cpu(*arguments, torch.get_num_threads())
    else:
        with torch.cuda.device(device):
            _native.C.norm_pushforward_cuda(*arguments, torch.cuda.current_stream(device).cuda_stream)
    return out


def _check_vector(vector: Tensor, name: str, x: Tensor) -> None:
    """Raise unless the vector has a number for each channel of x, on its device."""
    check_tensor(vector, name)
    if vector.shape != x.shape[1:2]:
        raise ValueError(f"{name}: expected shape ({x.shape[1]},), an entry a channel of x, got {tuple(vector.shape)}")
    if vector.device != x.device:
        raise ValueError(f"{name}: expected a tensor on {x.device}, as x is, got one on {vector.device}")


def _check(
    x: Tensor, alike: dict[str, Tensor | None], vectors: dict[str, Tensor | None], batch_statistics: bool
) -> None:
    """Raise as `norm_pushforward` says."""
    check_tensor(x, "x")
    if x.dim() < 2:
        raise ValueError(f"x: expected shape (N, C, ...), got {tuple(x.shape)}")
    for name, tensor in alike.items():
        if tensor is not None:
            check_tensor(tensor, name)
            check_alike(tensor, name, x, "x")
    for name, vector in vectors.items():
        if vector is not None or name in ("mean", "inverse_std"):
            _check_vector(vector, name, x)  # type: ignore[arg-type]
    if not isinstance(batch_statistics, bool):
        raise TypeError(f"batch_statistics: expected a bool, got {type(batch_statistics).__name__}")
    for name, tensor in {"x": x, **alike, **vectors}.items():
        if tensor is not None and tensor.requires_grad and torch.is_grad_enabled():
            raise RuntimeError(f"norm_pushforward has no derivative, and {name} requires grad: call it under no_grad()")


def norm_pushforward(
    x: Tensor,
    mean: Tensor,
    inverse_std: Tensor,
    weight: Tensor | None,
    *,
    batch_statistics: bool,
    x_dot: Tensor | None = None,
    weight_dot: Tensor | None = None,
    bias_dot: Tensor | None = None,
    relu: Tensor | None = None,
) -> Tensor:
    """The tangent of batch normalisation: how y = γ x̂ + β moves with x, γ and β, where x̂ = (x - μ) σ⁻¹.

        ẏ = γ σ⁻¹ (ẋ - mean(ẋ) - x̂ mean(x̂ ẋ)) + x̂ t_γ + t_β        μ, σ of the batch
        ẏ = γ σ⁻¹ ẋ + x̂ t_γ + t_β                                  μ, σ constant

    (Ioffe and Szegedy, "Batch Normalization", 2015, differentiated.) Means are over the entries of a channel. With
    `relu`, ẏ is zero where that is not positive: the tangent of the ReLU. Computed in float32, for float64 in float64,
    and summed in an order that depends on the shape and layout alone: the same input gives the same bits, whatever the
    number of threads. Not differentiable: it raises where it would be recorded.

    Args:
        x: [N, C, ...] of float16, bfloat16, float32 or float64, of any strides. Contiguous tensors and those with the
            channels innermost (channels-last) are read as they are, others are copied. Nothing is written to.
        mean: μ [C]. This and the other vectors may be of any of the four dtypes.
        inverse_std: σ⁻¹ [C].
        weight: γ [C]; None counts as one.
        batch_statistics: Whether μ and σ are those of the batch, and move with it.
        x_dot: ẋ, of the shape, dtype and device of x; None counts as zero.
        weight_dot: t_γ [C]; None counts as zero.
        bias_dot: t_β [C]; None counts as zero.
        relu: The output of a ReLU that follows, of the shape, dtype and device of x; None where none does.

    Returns:
        ẏ, of the shape and dtype of x; laid out as x is where that is contiguous or has the channels innermost.

    Raises:
        TypeError: An argument of the wrong type; a tensor that is not strided or not of the four dtypes; ẋ or `relu` of
            another dtype than x.
        ValueError: x without a dimension of channels; a shape or device that does not fit that of x; a meta tensor; a
            pending negation.
        RuntimeError: Gradients are recorded, and one of the tensors requires its.
    """
    given = {"mean": mean, "inverse_std": inverse_std, "weight": weight, "weight_dot": weight_dot, "bias_dot": bias_dot}
    _check(x, {"x_dot": x_dot, "relu": relu}, given, batch_statistics)
    dtype = ACCUMULATE[x.dtype]
    vectors: Vectors = tuple(None if v is None else v.to(dtype) for v in given.values())  # type: ignore[assignment]
    native = _native.runs_native("norm_pushforward", x.device) and x.numel() > 0
    return (_launch if native else norm_pushforward_reference)(x, vectors, x_dot, relu, batch_statistics)
