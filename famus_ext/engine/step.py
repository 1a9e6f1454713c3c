"""MetaStep: Virtual-Train, Meta-Train and Actual-Train of one iteration, around the user's own optimizer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from famus_ext.engine.meta_grad import ENGINES, Engine, sampled_meta_grad
from famus_ext.engine.optimizers import check_optimizer, optimizer_of_meta_model, optimizer_of_sampler
from famus_ext.engine.result import MetaGradient
from famus_ext.engine.task import MetaLoss
from famus_ext.engine.virtual_train import TrainingHead
from famus_ext.errors import require_finite
from famus_ext.losses import cross_entropy
from famus_ext.meta_models import BatchMetaModel
from famus_ext.network.layers import Layer
from famus_ext.samplers import AllLayers, Sampler


@dataclass(frozen=True)
class StepOutput:
    """What one iteration saw; every tensor is detached.

    Attributes:
        loss: ℓ(z, y; θ') of Actual-Train, 0-d.
        meta_loss: L_c, 0-d.
        weights: V [N] of Actual-Train; None where the meta model weights no examples.
        gates: r [L] in {0, 1}.
        logits: z [N, ...].
        sample_dots: c [N], see `MetaGradient`.
        meta_grads: ∂L/∂θ by name.
    """

    loss: Tensor
    meta_loss: Tensor
    weights: Tensor | None
    gates: Tensor
    logits: Tensor
    sample_dots: Tensor | None
    meta_grads: dict[str, Tensor]


class MetaStep:
    """One iteration of meta-learning in place of `zero_grad`, `backward`, `step`.

    The network is run once on the training batch and once on the meta batch; Actual-Train reuses the first pass, so
    BatchNorm's running statistics are updated once a step, and by the training batch alone. α of the virtual step is
    the learning rate of each parameter's group, read anew every step.

    Args:
        model: The network, any module.
        optimizer: Its optimizer, any of torch's whose step needs no closure.
        meta_model: Ψ, from logits and targets to the training loss.
        sampler: Which layers' meta gradients are kept; None keeps all.
        engine: See `sampled_meta_grad`.
        meta_optimizer: Optimizer of θ; None is SGD with learning rate 1e-3. A meta model whose θ belongs to the batch
            (L2R) takes none.
        sampler_optimizer: Optimizer of η; None is the paper's SGD with learning rate 0.1 and momentum 0.9.
        lambda_r: λ1, see `sampled_meta_grad`.
        lambda_g: λ2, see `sampled_meta_grad`.
        meta_loss: Loss of the meta examples.

    Raises:
        TypeError, ValueError: An argument does not fit; the message names it.
    """

    def __init__(
        self,
        model: nn.Module,
        optimizer: Optimizer,
        meta_model: nn.Module,
        sampler: Sampler | None = None,
        *,
        engine: Engine = "pushforward",
        meta_optimizer: Optimizer | None = None,
        sampler_optimizer: Optimizer | None = None,
        lambda_r: float | None = None,
        lambda_g: float | None = None,
        meta_loss: MetaLoss = cross_entropy,
    ) -> None:
        if not isinstance(meta_model, nn.Module):
            raise TypeError(f"meta_model: expected a torch.nn.Module, got {type(meta_model).__name__}")
        if sampler is not None and not isinstance(sampler, Sampler):
            raise TypeError(f"sampler: expected a famus_ext sampler, got {type(sampler).__name__}")
        if engine not in ENGINES:
            raise ValueError(f"engine: expected one of {tuple(ENGINES)}, got {engine!r}")
        self.model = model
        self.optimizer = optimizer
        self.meta_model = meta_model
        self.sampler = AllLayers() if sampler is None else sampler
        self.engine: Engine = engine
        self.lambda_r = lambda_r
        self.lambda_g = lambda_g
        self.meta_loss = meta_loss
        self.layers: tuple[Layer, ...] = self.sampler.layers_of(model)
        check_optimizer("optimizer", optimizer, "model", model)
        self.meta_optimizer = optimizer_of_meta_model(meta_model, meta_optimizer)
        self.sampler_optimizer = optimizer_of_sampler(self.sampler, sampler_optimizer)

    def __call__(self, x: Any, y: Any, x_meta: Any, y_meta: Any) -> StepOutput:
        """Take one step.

        Args:
            x: Training inputs: a tensor, a tuple of arguments, or a mapping of keyword arguments.
            y: Training targets.
            x_meta: Inputs of the trusted examples.
            y_meta: Their targets.

        Returns:
            What the step saw.

        Raises:
            NonFiniteError: A loss or a gradient is NaN or infinite; the network's parameters are untouched.
            PushforwardError: The engine cannot pass a node of the graph; nothing is changed.
        """
        result = sampled_meta_grad(
            self.model,
            self.meta_model,
            (x, y),
            (x_meta, y_meta),
            lr=self._learning_rates(),
            sampler=self.sampler,
            engine=self.engine,
            lambda_r=self.lambda_r,
            lambda_g=self.lambda_g,
            meta_loss=self.meta_loss,
        )
        self._update_meta_model(result)
        head = self._actual_train(result.logits, y)
        weights = head.loss.weights
        return StepOutput(
            loss=head.loss.value.detach(),
            meta_loss=result.meta_loss,
            weights=None if weights is None else weights.detach(),
            gates=result.gates,
            logits=result.logits.detach(),
            sample_dots=result.sample_dots,
            meta_grads=result.grads,
        )

    def state_dict(self) -> dict[str, Any]:
        """θ, η and their optimizers; the network and its optimizer are the caller's."""
        return {name: part.state_dict() for name, part in self._parts().items()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore what `state_dict` gave.

        Raises:
            ValueError: The state is of another kind of step.
        """
        parts = self._parts()
        if set(state) != set(parts):
            raise ValueError(f"state: expected the entries {sorted(parts)}, got {sorted(state)}")
        for name, part in parts.items():
            part.load_state_dict(state[name])

    def _actual_train(self, logits: Tensor, y: Any) -> TrainingHead:
        """Step the user's optimizer on ∂ℓ(z, y; θ')/∂w (Eq. 5), through the graph of the virtual forward pass."""
        head = TrainingHead(self.meta_model, logits, y)
        self.optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(logits, head.cotangent.detach())
        try:
            require_finite(
                {f"the gradient of {name}": p.grad for name, p in self.model.named_parameters() if p.grad is not None}
            )
        except ArithmeticError:
            self.optimizer.zero_grad(set_to_none=True)
            raise
        self.optimizer.step()
        return head

    def _update_meta_model(self, result: MetaGradient) -> None:
        """θ' = θ - β ∂L/∂θ (Eq. 6), and η likewise."""
        if isinstance(self.meta_model, BatchMetaModel):
            self.meta_model.meta_update(result.grads)
        elif self.meta_optimizer is not None:
            _step(self.meta_optimizer, self.meta_model, result.grads)
        if self.sampler_optimizer is not None:
            _step(self.sampler_optimizer, self.sampler, result.sampler_grads)

    def _learning_rates(self) -> dict[str, float]:
        """α by parameter name; a parameter that the optimizer does not hold does not move."""
        rates = {id(p): float(group["lr"]) for group in self.optimizer.param_groups for p in group["params"]}
        return {name: rates.get(id(p), 0.0) for name, p in self.model.named_parameters() if p.requires_grad}

    def _parts(self) -> dict[str, Any]:
        """What a checkpoint of this step holds."""
        parts = {
            "meta_model": self.meta_model,
            "sampler": self.sampler,
            "meta_optimizer": self.meta_optimizer,
            "sampler_optimizer": self.sampler_optimizer,
        }
        return {name: part for name, part in parts.items() if part is not None}


def _step(optimizer: Optimizer, module: nn.Module, grads: dict[str, Tensor]) -> None:
    """One step of a module's optimizer with the gradients given."""
    parameters = dict(module.named_parameters())
    for name, grad in grads.items():
        parameters[name].grad = grad
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)
