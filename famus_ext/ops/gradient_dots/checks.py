"""What `gradient_dots` asks of its arguments."""

from __future__ import annotations

import torch
from torch import Tensor

from famus_ext import _native
from famus_ext._checks import DTYPES, check_tensor
from famus_ext.ops.geometry import Convolution, Embedding, Geometry, Linear, Normalisation

Shape = tuple[int, ...]


def check(layer: Geometry, x: Tensor, slopes: Tensor, weight: Tensor | None, bias: Tensor | None, way: object) -> None:
    """Raise as `gradient_dots` says."""
    if not isinstance(layer, Linear | Convolution | Embedding | Normalisation):
        expected = "Linear, Convolution, Embedding or Normalisation"
        raise TypeError(f"layer: expected {expected}, got {type(layer).__name__}")
    if way not in (None, "fused", "chunked"):
        raise ValueError(f'way: expected None, "fused" or "chunked", got {way!r}')
    check_tensor(slopes, "slopes")
    _check_input(layer, x)
    for name, tensor in (("weight_dot", weight), ("bias_dot", bias)):
        if tensor is not None:
            check_tensor(tensor, name)
    _check_shapes(layer, x, slopes, weight, bias)
    _check_kinds(layer, x, slopes, {"weight_dot": weight, "bias_dot": bias})
    if isinstance(layer, Embedding) and weight is not None:
        _check_indices(x, len(weight))
    if way == "chunked" and not isinstance(layer, Linear | Convolution):
        raise ValueError(f'way: expected None or "fused" for {type(layer).__name__}, got "chunked"')
    if way is not None and (reason := _native.obstacle("gradient_dots", slopes.device)) is not None:
        raise RuntimeError(f"gradient_dots has no native kernel on {slopes.device}: {reason}")


def _check_input(layer: Geometry, x: Tensor) -> None:
    """The input alone."""
    if isinstance(layer, Embedding):
        if not isinstance(x, Tensor):
            raise TypeError(f"x: expected a tensor, got {type(x).__name__}")
        if x.dtype not in (torch.int32, torch.int64):
            raise TypeError(f"x: expected indices of int32 or int64, got {x.dtype}")
        least = 1
    else:
        check_tensor(x, "x")
        least = len(layer.kernel_size) + 2 if isinstance(layer, Convolution) else 2
    if x.dim() < least or (isinstance(layer, Convolution) and x.dim() > least):
        raise ValueError(f"x: expected {least} dimensions{'' if least > 2 else ' or more'}, got {x.dim()}")


def _check_shapes(layer: Geometry, x: Tensor, slopes: Tensor, weight: Tensor | None, bias: Tensor | None) -> None:
    """The slopes and directions fit x."""
    if slopes.dim() < 2:
        raise ValueError(f"slopes: expected two dimensions or more, got {slopes.dim()}")
    if isinstance(layer, Convolution):
        outputs = slopes.shape[1]
        _check_groups(layer, x.shape[1], outputs)
        expected: Shape = (len(x), outputs, *layer.output_size(tuple(x.shape[2:])))
        weight_shape: Shape = (outputs, x.shape[1] // layer.groups, *layer.kernel_size)
        bias_shape: Shape = (outputs,)
    elif isinstance(layer, Normalisation):
        expected, weight_shape, bias_shape = tuple(x.shape), layer.weight_shape, layer.weight_shape
        _check_broadcast("mean", tuple(layer.mean.shape), expected)
        _check_broadcast("weight_shape", weight_shape, expected[1:])
    else:
        outputs = slopes.shape[-1]
        leading = x.shape if isinstance(layer, Embedding) else x.shape[:-1]
        expected, bias_shape = (*leading, outputs), (outputs,)
        rows = weight.shape[0] if weight is not None and weight.dim() else 0
        weight_shape = (rows, outputs) if isinstance(layer, Embedding) else (outputs, x.shape[-1])
    _check_shape("slopes", slopes, expected)
    if weight is not None:
        _check_shape("weight_dot", weight, weight_shape)
    if bias is not None:
        if isinstance(layer, Embedding):
            raise ValueError("bias_dot: expected None for an embedding, got a tensor")
        _check_shape("bias_dot", bias, bias_shape)


def _check_indices(x: Tensor, rows: int) -> None:
    """On the CPU; elsewhere it would wait for the device, and there is nothing to look at while it is traced."""
    if x.device.type == "cpu" and x.numel() and not torch.compiler.is_compiling():
        least, most = int(x.min()), int(x.max())
        if least < 0 or most >= rows:
            raise ValueError(f"x: expected indices from 0 to {rows - 1}, got some from {least} to {most}")


def _check_groups(layer: Convolution, channels: int, outputs: int) -> None:
    """Groups divide both numbers of channels."""
    for name, count in (("x", channels), ("slopes", outputs)):
        if count % layer.groups:
            raise ValueError(f"{name}: expected channels in {layer.groups} equal groups, got {count}")


def _check_shape(name: str, tensor: Tensor, expected: Shape) -> None:
    if tensor.shape != expected:
        raise ValueError(f"{name}: expected shape {expected}, got {tuple(tensor.shape)}")


def _check_broadcast(name: str, shape: Shape, target: Shape) -> None:
    """Every entry is 1 or that of the target, counted from the last."""
    last = target[len(target) - len(shape) :]
    if len(shape) > len(target) or any(size not in (1, whole) for size, whole in zip(shape, last, strict=True)):
        raise ValueError(f"{name}: expected a shape that broadcasts to {target}, got {tuple(shape)}")


def _check_kinds(layer: Geometry, x: Tensor, slopes: Tensor, directions: dict[str, Tensor | None]) -> None:
    """Dtypes and devices."""
    tensors = {"x": x, **directions}
    if isinstance(layer, Normalisation):
        tensors |= {"mean": layer.mean, "inverse_std": layer.inverse_std}
    for name, tensor in tensors.items():
        if tensor is None:
            continue
        free = tensor.dtype not in DTYPES or (isinstance(layer, Normalisation) and name != "x")
        if tensor.dtype != slopes.dtype and not free:
            raise TypeError(f"{name}: expected {slopes.dtype}, as slopes has, got {tensor.dtype}")
        if tensor.device != slopes.device:
            raise ValueError(f"{name}: expected a tensor on {slopes.device}, as slopes is, got one on {tensor.device}")
