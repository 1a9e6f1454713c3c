"""The steps that MetaStep is measured against: plain SGD and MW-Net by double backward, written twice.

Each is called like `famus_ext.MetaStep` and returns its meta gradient, by the names of θ.
"""

import copy
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn.functional import cross_entropy


class RivalOutput(NamedTuple):
    """What a rival returns of `famus_ext.StepOutput`."""

    meta_grads: dict[str, Tensor]
    gates: None = None


class PlainStep:
    """Plain SGD on the training batch: no meta model, the meta batch is not looked at."""

    def __init__(self, model: nn.Module, optimizer: torch.optim.Optimizer) -> None:
        self.model, self.optimizer = model, optimizer

    def __call__(self, x: Tensor, y: Tensor, x_meta: Tensor, y_meta: Tensor) -> RivalOutput:
        """Take one step; x [N, ...], y [N]."""
        self.optimizer.zero_grad()
        cross_entropy(self.model(x), y).backward()
        self.optimizer.step()
        return RivalOutput({})


class DoubleBackwardStep:
    """MW-Net's step (FaMUS, Eq. 3, 4, 6) by double backward, as well as it can be written.

    Actual-Train goes backward through the forward pass of Virtual-Train; the chain rule is cut at the virtual weights,
    so that the graph of the meta batch is gone before the second derivative is taken; the meta batch leaves the buffers
    alone.
    """

    def __init__(self, model: nn.Module, optimizer: torch.optim.Optimizer, meta_model: nn.Module) -> None:
        self.model, self.optimizer, self.meta_model = model, optimizer, meta_model
        self.meta_optimizer = torch.optim.SGD(meta_model.parameters(), lr=1e-3)

    def __call__(self, x: Tensor, y: Tensor, x_meta: Tensor, y_meta: Tensor) -> RivalOutput:
        """Take one step; x [N, ...], y [N], x_meta [M, ...], y_meta [M]."""
        self.optimizer.zero_grad()
        logits = self.model(x)
        meta_grads = self._meta_gradient(x, logits, y, x_meta, y_meta)
        for name, theta in self.meta_model.named_parameters():
            theta.grad = meta_grads[name]
        self.meta_optimizer.step()
        self.meta_model(logits, y).value.backward(inputs=list(self.model.parameters()))
        self.optimizer.step()
        return RivalOutput(meta_grads)

    def _meta_gradient(self, x: Tensor, logits: Tensor, y: Tensor, x_meta: Tensor, y_meta: Tensor) -> dict[str, Tensor]:
        """Gradient of the meta loss at the virtual weights for θ, -α ∂⟨g, u⟩/∂θ with u held fixed."""
        weights = dict(self.model.named_parameters())
        lr = self.optimizer.param_groups[0]["lr"]
        loss = self.meta_model(logits, y).value
        grads = torch.autograd.grad(loss, tuple(weights.values()), create_graph=True)
        virtual = {
            name: (w - lr * g).detach().requires_grad_() for (name, w), g in zip(weights.items(), grads, strict=True)
        }
        buffers = {name: buffer.clone() for name, buffer in self.model.named_buffers()}
        meta_loss = cross_entropy(functional_call(self.model, virtual | buffers, (x_meta,)), y_meta)
        directions = [-lr * u for u in torch.autograd.grad(meta_loss, tuple(virtual.values()))]
        theta = dict(self.meta_model.named_parameters())
        meta_grads = torch.autograd.grad(grads, tuple(theta.values()), directions, retain_graph=True)
        return dict(zip(theta, meta_grads, strict=True))


class PublicDoubleBackwardStep(DoubleBackwardStep):
    """The same step in the manner of MW-Net's public code.

    Every step copies the network, differentiates the meta loss for every leaf of the copy as well, and runs the
    training batch forward a second time for Actual-Train.
    """

    def __call__(self, x: Tensor, y: Tensor, x_meta: Tensor, y_meta: Tensor) -> RivalOutput:
        """Take one step; x [N, ...], y [N], x_meta [M, ...], y_meta [M]."""
        virtual_model = copy.deepcopy(self.model)
        weights = dict(virtual_model.named_parameters())
        lr = self.optimizer.param_groups[0]["lr"]
        loss = self.meta_model(virtual_model(x), y).value
        grads = torch.autograd.grad(loss, tuple(weights.values()), create_graph=True)
        virtual = {name: w - lr * g for (name, w), g in zip(weights.items(), grads, strict=True)}
        meta_loss = cross_entropy(functional_call(virtual_model, virtual, (x_meta,)), y_meta)
        self.meta_optimizer.zero_grad()
        meta_loss.backward()
        meta_grads = {name: theta.grad.clone() for name, theta in self.meta_model.named_parameters()}
        self.meta_optimizer.step()

        self.optimizer.zero_grad()
        self.meta_model(self.model(x), y).value.backward(inputs=list(self.model.parameters()))
        self.optimizer.step()
        return RivalOutput(meta_grads)
