"""A batch normalisation at rest and its directions: the tangent by the op, and by PyTorch's own operations."""

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from famus_ext import ops


@dataclass(frozen=True)
class Norm:
    """A batch normalisation in training mode with a ReLU, and the directions in which its input and parameters move."""

    x: Tensor  # [N, C, H, W]; so are x_dot and relu
    x_dot: Tensor
    relu: Tensor
    mean: Tensor  # [C]; so are the rest
    inverse_std: Tensor
    weight: Tensor
    weight_dot: Tensor
    bias_dot: Tensor

    @staticmethod
    def random(shape: tuple[int, ...], device: torch.device, dtype: torch.dtype) -> "Norm":
        """Normal tensors of the dtype; statistics and parameters in float32, for float64 in float64."""
        wide = torch.promote_types(dtype, torch.float32)
        x, x_dot = (torch.randn(shape, device=device).to(dtype) for _ in range(2))
        weight, bias, weight_dot, bias_dot = torch.randn(4, shape[1], device=device, dtype=wide)
        y, mean, inverse_std = torch.native_batch_norm(x.to(wide), weight, bias, None, None, True, 0.0, 1e-5)
        return Norm(x, x_dot, y.relu().to(dtype), mean, inverse_std, weight, weight_dot, bias_dot)

    def channels_last(self) -> "Norm":
        """The same with the channels innermost."""
        activations = {name: tensor for name, tensor in vars(self).items() if tensor.dim() == 4}
        return replace(self, **{n: t.to(memory_format=torch.channels_last) for n, t in activations.items()})

    def double(self) -> "Norm":
        """The same in float64."""
        return Norm(**{name: tensor.double() for name, tensor in vars(self).items()})

    def pushforward(self) -> Tensor:
        """The op."""
        return ops.norm_pushforward(**vars(self), batch_statistics=True)

    def eager(self) -> Tensor:
        """PyTorch's backward, which is symmetric in x, x̂ t_γ + t_β in one pass, their sum, and the ReLU's backward."""
        arguments = self.x_dot, self.x, self.weight, None, None, self.mean, self.inverse_std, True, 1e-5
        moved = torch.ops.aten.native_batch_norm_backward(*arguments, [True, False, False])[0]
        scale = self.inverse_std * self.weight_dot
        offset, scale = (v[:, None, None] for v in (self.bias_dot - self.mean * scale, scale))
        total = moved + torch.addcmul(offset, self.x, scale).to(self.x.dtype)
        return torch.ops.aten.threshold_backward(total, self.relu, 0)
