"""The step of θ and η along their meta gradients (FaMUS, Eq. 6)."""

from __future__ import annotations

from torch import Tensor, nn
from torch.optim import Optimizer

from famus_ext.engine.result import MetaGradient
from famus_ext.meta_models.protocol import BatchMetaModel, ProjectedMetaModel
from famus_ext.samplers import Sampler


def meta_update(
    result: MetaGradient,
    meta_model: nn.Module,
    meta_optimizer: Optimizer | None,
    sampler: Sampler,
    sampler_optimizer: Optimizer | None,
) -> None:
    """θ' = θ - β ∂L/∂θ, and η likewise, by their optimizers; a meta model whose θ belongs to the batch does its own."""
    if isinstance(meta_model, BatchMetaModel):
        meta_model.meta_update(result.grads)
    elif meta_optimizer is not None:
        _step(meta_optimizer, meta_model, result.grads)
        if isinstance(meta_model, ProjectedMetaModel):
            meta_model.project()
    if sampler_optimizer is not None:
        _step(sampler_optimizer, sampler, result.sampler_grads)


def _step(optimizer: Optimizer, module: nn.Module, grads: dict[str, Tensor]) -> None:
    """One step of a module's optimizer with the gradients given."""
    parameters = dict(module.named_parameters())
    for name, grad in grads.items():
        parameters[name].grad = grad
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)
