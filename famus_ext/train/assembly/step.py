"""The training step of one run."""

from __future__ import annotations

import torch
from torch import Tensor, nn

import famus_ext as famus
from famus_ext.data.batches import num_batches
from famus_ext.engine.batches import MetaLoss
from famus_ext.losses import ExampleLoss, prior_penalty
from famus_ext.train.assembly.meta_model import make_meta_model
from famus_ext.train.assembly.sampler import make_sampler
from famus_ext.train.config import Config
from famus_ext.train.options.check import OptionError, naming_options
from famus_ext.train.options.meta_model import Method
from famus_ext.train.plain_step import PlainStep
from famus_ext.train.step import Step

GATE_MOMENTUM = 0.9  # the paper's, for the gradient sampler's optimizer
ARGUMENTS = {
    "schedule": "--schedule",
    "every": "--meta-every",
    "micro_batches": "--micro-batches",
    "recompute": "--recompute",
    "engine": "--engine",
    "clip_norm": "--clip-norm",
    "capture": "--capture",
}
"""Arguments of `MetaStep` as the command line spells them."""


def make_step(
    config: Config,
    method: Method,
    seed: int,
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    loss: ExampleLoss,
    class_sizes: Tensor,
) -> Step:
    """The step of `method`, with meta model and sampler on the network's device.

    Args:
        config: The options.
        method: Which method's step.
        seed: The run's seed.
        model: The network.
        optimizer: Its optimizer.
        loss: Loss of each training example.
        class_sizes: Training examples of each class by their given labels, `[C]`.

    Raises:
        OptionError: when options do not go together, or the sampler asks for layers that the network has not.
    """
    if method == "ce":
        return PlainStep(model, optimizer, loss, config.optimizer.clip_norm, config.recovery.max_skips)
    device = next(model.parameters()).device
    meta_model = make_meta_model(config.meta_model, loss, class_sizes).to(device)
    meta_loss: MetaLoss = famus.cross_entropy
    if config.data.meta_set == "pseudo-clean":
        assert isinstance(meta_model, famus.ExampleWeighting)  # the options see to it
        meta_model, meta_loss = famus.SemiSupervised(meta_model, None, lambda_u=0.0), meta_loss_with_prior
    sampler = make_sampler(config.sampler, model, seed).to(device)
    # θ of a meta model that belongs to one batch (L2R) is made anew every step and takes no optimizer.
    learns = not isinstance(meta_model, famus.BatchMetaModel)
    with naming_options(ARGUMENTS, f"--method {method}"):
        step = famus.MetaStep(
            model,
            optimizer,
            meta_model=meta_model,
            sampler=sampler,
            engine=config.schedule.engine,
            schedule=config.schedule.schedule,
            every=config.schedule.meta_every,
            micro_batches=config.schedule.micro_batches,
            recompute=config.schedule.recompute,
            clip_norm=config.optimizer.clip_norm,
            meta_optimizer=_sgd(meta_model, config.meta_model.theta_lr) if learns else None,
            sampler_optimizer=_sgd(sampler, config.sampler.gate_lr, GATE_MOMENTUM),
            lambda_r=config.sampler.lambda_r,
            lambda_g=config.sampler.lambda_g,
            meta_loss=meta_loss,
            max_skips=config.recovery.max_skips,
            capture=config.machine.capture,
        )
    if config.machine.capture:
        _check_equal_batches(int(class_sizes.sum()), config.optimizer.batch_size)
    return step


def meta_loss_with_prior(logits: Tensor, targets: Tensor) -> Tensor:
    """Mean cross-entropy of the meta batch, plus `prior_penalty`: the meta loss of FaMUS, Algorithm 2."""
    return famus.cross_entropy(logits, targets).mean() + prior_penalty(logits)


def _check_equal_batches(size: int, batch_size: int) -> None:
    """Raise unless an epoch's batches are of one size, as recorded steps need them."""

    def equal(largest: int) -> bool:
        return size % num_batches(size, largest) == 0

    if not equal(batch_size):
        fitting = min(filter(equal, range(1, size + 1)), key=lambda other: abs(other - batch_size))
        got = f"{batch_size} for {size} training images"
        raise OptionError(f"--capture: expected a --batch-size that gives batches of one size, as {fitting}, got {got}")


def _sgd(module: nn.Module, lr: float, momentum: float = 0.0) -> torch.optim.Optimizer | None:
    """SGD of a module's parameters, None where it has none."""
    parameters = list(module.parameters())
    return torch.optim.SGD(parameters, lr=lr, momentum=momentum) if parameters else None
