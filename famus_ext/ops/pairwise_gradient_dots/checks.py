"""What `pairwise_gradient_dots` asks of its arguments."""

from __future__ import annotations

from typing import get_args

import torch
from torch import Tensor

from famus_ext._checks import check_tensor
from famus_ext.ops.geometry import Convolution, Embedding, Geometry, Linear, Normalisation


def check(
    tensors: tuple[Tensor, Tensor, Tensor, Tensor], layers: tuple[Geometry, Geometry], *, weight: bool, bias: bool
) -> None:
    """Raise as `pairwise_gradient_dots` says."""
    x, slopes, x_meta, slopes_meta = tensors
    _check_layers(*layers)
    for name, flag in (("weight", weight), ("bias", bias)):
        if not isinstance(flag, bool):
            raise TypeError(f"{name}: expected a bool, got {type(flag).__name__}")
    if not (weight or bias):
        raise ValueError("weight: expected True where bias is False, got False")
    if bias and isinstance(layers[0], Embedding):
        raise ValueError("bias: expected False for an Embedding, got True")
    check_tensor(slopes, "slopes")
    for name, tensor in (("slopes_meta", slopes_meta), ("x", x), ("x_meta", x_meta)):
        if isinstance(layers[0], Embedding) and name.startswith("x"):
            _check_indices(tensor, name)
        else:
            check_tensor(tensor, name)
            if tensor.dtype != slopes.dtype:
                raise TypeError(f"{name}: expected {slopes.dtype}, as slopes has, got {tensor.dtype}")
        if tensor.device != slopes.device:
            raise ValueError(f"{name}: expected a tensor on {slopes.device}, as slopes is, got one on {tensor.device}")
    _check_batch(x, slopes, layers[0], "")
    _check_batch(x_meta, slopes_meta, layers[1], "_meta")
    _check_same_widths(tensors, layers[0])


def _check_layers(layer: object, layer_meta: object) -> None:
    """Raise unless both are layers of one kind."""
    kinds = get_args(Geometry)
    if not isinstance(layer, kinds):
        raise TypeError(f"layer: expected one of {', '.join(k.__name__ for k in kinds)}, got {type(layer).__name__}")
    if type(layer_meta) is not type(layer):
        expected = f"a {type(layer).__name__}, as layer is"
        raise TypeError(f"layer_meta: expected {expected}, got {type(layer_meta).__name__}")
    if isinstance(layer, Normalisation):
        if layer.weight_shape != layer_meta.weight_shape:  # type: ignore[attr-defined]
            expected = f"weight_shape {layer.weight_shape}, as layer has"
            raise ValueError(f"layer_meta: expected {expected}, got {layer_meta.weight_shape}")  # type: ignore[attr-defined]
    elif layer != layer_meta:
        raise ValueError(f"layer_meta: expected {layer}, as layer is, got {layer_meta}")


def _check_indices(tensor: object, name: str) -> None:
    """Raise unless the tensor holds indices of rows of a table."""
    if not isinstance(tensor, Tensor):
        raise TypeError(f"{name}: expected a tensor, got {type(tensor).__name__}")
    if tensor.dtype not in (torch.int32, torch.int64):
        raise TypeError(f"{name}: expected int32 or int64 for an Embedding, got {tensor.dtype}")


def _check_batch(x: Tensor, slopes: Tensor, layer: Geometry, suffix: str) -> None:
    """Raise unless x and its slopes are what the layer takes and gives."""
    shape = tuple(x.shape)
    if isinstance(layer, Convolution):
        dimensions = len(layer.kernel_size) + 2
        if len(shape) != dimensions or shape[1] % layer.groups:
            expected = f"{dimensions} dimensions, the second divisible by {layer.groups}"
            raise ValueError(f"x{suffix}: expected {expected}, got shape {shape}")
        expected_slopes: tuple[object, ...] = (shape[0], "O", *layer.output_size(shape[2:]))
        fits = slopes.dim() == dimensions and slopes.shape[1] % layer.groups == 0
        found = slopes.shape[:1] + slopes.shape[2:]
        fits = fits and tuple(found) == (expected_slopes[0], *expected_slopes[2:])
    elif isinstance(layer, Linear):
        if len(shape) < 2:
            raise ValueError(f"x{suffix}: expected shape (N, ..., C), got {shape}")
        expected_slopes = (*shape[:-1], "O")
        fits = slopes.dim() == len(shape) and slopes.shape[:-1] == x.shape[:-1]
    elif isinstance(layer, Embedding):
        expected_slopes = (*shape, "D")
        fits = len(shape) > 0 and slopes.dim() == len(shape) + 1 and slopes.shape[:-1] == x.shape
    else:
        expected_slopes = shape
        fits = len(shape) > 0 and slopes.shape == x.shape
        _check_statistics(layer, x, suffix)
    if not fits:
        words = ", ".join(str(entry) for entry in expected_slopes)
        raise ValueError(f"slopes{suffix}: expected shape ({words}) for such an x, got {tuple(slopes.shape)}")


def _check_statistics(layer: Normalisation, x: Tensor, suffix: str) -> None:
    """Raise unless the statistics and the scale of a normalisation broadcast against x."""
    for name, shape, target in (
        ("mean", tuple(layer.mean.shape), tuple(x.shape)),
        ("weight_shape", layer.weight_shape, tuple(x.shape[1:])),
    ):
        aligned = target[len(target) - len(shape) :]
        if len(shape) > len(target) or any(s not in (1, t) for s, t in zip(shape, aligned, strict=True)):
            expected = f"{name} that broadcasts against {target}"
            raise ValueError(f"layer{suffix}: expected {expected}, got shape {shape}")
    if layer.mean.device != x.device:
        raise ValueError(f"layer{suffix}: expected mean on {x.device}, as x is, got {layer.mean.device}")


def _check_same_widths(tensors: tuple[Tensor, Tensor, Tensor, Tensor], layer: Geometry) -> None:
    """Raise unless both batches are of layers with as many channels and outputs."""
    x, slopes, x_meta, slopes_meta = tensors
    if isinstance(layer, Normalisation):
        return
    axis = 1 if isinstance(layer, Convolution) else -1
    pairs = [("slopes_meta", slopes_meta, slopes)]
    if not isinstance(layer, Embedding):
        pairs.append(("x_meta", x_meta, x))
    for name, tensor, partner in pairs:
        if tensor.shape[axis] != partner.shape[axis]:
            expected = f"{partner.shape[axis]} entries in dimension {axis}, as {name.removesuffix('_meta')} has"
            raise ValueError(f"{name}: expected {expected}, got shape {tuple(tensor.shape)}")
