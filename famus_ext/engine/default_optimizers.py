"""The optimizers of a meta step: the user's own, checked, and the paper's where none is given."""

from __future__ import annotations

from torch import nn
from torch.optim import LBFGS, SGD, Optimizer

from famus_ext.engine.updates.wrapped import check_wrapper
from famus_ext.meta_models import BatchMetaModel
from famus_ext.network.layers import trainable
from famus_ext.samplers import Sampler


def check_optimizer(argument: str, optimizer: Optimizer, owner: str, module: nn.Module) -> None:
    """Raise unless an optimizer can be stepped and holds at least one of the module's trainable parameters."""
    if not isinstance(optimizer, Optimizer):
        raise TypeError(f"{argument}: expected a torch.optim.Optimizer, got {type(optimizer).__name__}")
    check_wrapper(argument, optimizer)
    if isinstance(optimizer, LBFGS):
        raise ValueError(f"{argument}: expected an optimizer whose step needs no closure, got LBFGS")
    held = {id(p) for group in optimizer.param_groups for p in group["params"]}
    if not any(id(p) in held for p in trainable(module).values()):
        raise ValueError(f"{argument}: expected an optimizer of the {owner}'s parameters; it holds none of them")


def optimizer_of_meta_model(meta_model: nn.Module, given: Optimizer | None) -> Optimizer | None:
    """The optimizer of θ, by default SGD at the paper's rate; none for a meta model that updates itself."""
    if isinstance(meta_model, BatchMetaModel):
        if given is not None:
            raise ValueError(f"meta_optimizer: {type(meta_model).__name__} updates itself and takes none")
        return None
    if not trainable(meta_model):
        raise ValueError("meta_model: expected at least one parameter with requires_grad=True, got none")
    if given is None:
        return SGD(meta_model.parameters(), lr=1e-3)
    check_optimizer("meta_optimizer", given, "meta_model", meta_model)
    return given


def optimizer_of_sampler(sampler: Sampler, given: Optimizer | None) -> Optimizer | None:
    """The optimizer of η, by default the paper's; none for a sampler that does not learn."""
    if not sampler.learned:
        if given is not None:
            raise ValueError(f"sampler_optimizer: {type(sampler).__name__} learns nothing and takes none")
        return None
    if given is None:
        # Dozens of small tensors: one launch for all of them.
        return SGD(sampler.parameters(), lr=0.1, momentum=0.9, fused=True)
    check_optimizer("sampler_optimizer", given, "sampler", sampler)
    return given
