"""MW-Net's step with the Jacobian's product ż = J t by what PyTorch offers: forward mode, or a one-sided difference.

Both cut the chain rule at the logits as the pushforward does, and run the network forward a second time for ż.
"""

import torch
from torch import Tensor
from torch.func import functional_call, jvp
from torch.nn.functional import cross_entropy

from rivals.by_hand import DoubleBackwardStep

Tensors = dict[str, Tensor]

RADIUS = 1e-3
"""Length of the one-sided difference's step over that of the weights: errors of rounding and of curvature meet."""


class ForwardModeStep(DoubleBackwardStep):
    """ż by `torch.func.jvp` at the old weights: exact, 1 f for the values and 2 f for the tangents."""

    def _meta_gradient(self, x: Tensor, logits: Tensor, y: Tensor, x_meta: Tensor, y_meta: Tensor) -> Tensors:
        """Gradient of the meta loss at the virtual weights for θ, ∂⟨∂ℓ/∂z, ż⟩/∂θ."""
        weights = dict(self.model.named_parameters())
        lr = self.optimizer.param_groups[0]["lr"]
        leaf = logits.detach().requires_grad_()
        (slope,) = torch.autograd.grad(self.meta_model(leaf, y).value, leaf, create_graph=True)
        grads = torch.autograd.grad(logits, tuple(weights.values()), slope.detach(), retain_graph=True)
        virtual = {
            name: (w.detach() - lr * g).requires_grad_() for (name, w), g in zip(weights.items(), grads, strict=True)
        }
        meta_loss = cross_entropy(functional_call(self.model, virtual | self._buffers(), (x_meta,)), y_meta)
        u = torch.autograd.grad(meta_loss, tuple(virtual.values()))
        tangents = {name: -lr * slope for name, slope in zip(virtual, u, strict=True)}
        logits_dot = self._pushforward(x, logits, {name: w.detach() for name, w in weights.items()}, tangents)
        theta = dict(self.meta_model.named_parameters())
        return dict(zip(theta, torch.autograd.grad(slope, tuple(theta.values()), logits_dot), strict=True))

    def _pushforward(self, x: Tensor, logits: Tensor, weights: Tensors, tangents: Tensors) -> Tensor:
        """ż = J t, [N, C]."""
        with torch.no_grad():
            # Under the transform, buffers that came from outside could not be updated.
            return jvp(lambda w: functional_call(self.model, w | self._buffers(), (x,)), (weights,), (tangents,))[1]

    def _buffers(self) -> Tensors:
        """Copies of the network's buffers."""
        return {name: buffer.clone() for name, buffer in self.model.named_buffers()}


class OneSidedDifferenceStep(ForwardModeStep):
    """ż ≈ (Φ(x; w + h t) - Φ(x; w)) / h: approximate, 1 f."""

    @torch.no_grad()
    def _pushforward(self, x: Tensor, logits: Tensor, weights: Tensors, tangents: Tensors) -> Tensor:
        """ż, approximately, [N, C]."""
        lengths = [torch.stack(torch._foreach_norm(list(side.values()))).norm() for side in (weights, tangents)]
        h = RADIUS * lengths[0] / lengths[1]
        moved = {name: w + h * tangents[name] for name, w in weights.items()}
        return (functional_call(self.model, moved | self._buffers(), (x,)) - logits) / h
