"""Steps by other packages, where they are installed: torchopt, betty-ml, and plain SGD under torch.compile."""

import logging
from importlib.util import find_spec
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from rivals.by_hand import PlainStep, RivalOutput


def is_installed(package: str | None) -> bool:
    """Whether a package can be imported; None is no package."""
    return package is None or find_spec(package) is not None


class CompiledPlainStep(PlainStep):
    """Plain SGD with the network's forward and backward compiled."""

    def __init__(self, model: nn.Module, optimizer: torch.optim.Optimizer, meta_model: nn.Module) -> None:
        super().__init__(torch.compile(model), optimizer)


class TorchOptStep:
    """MW-Net's step by torchopt's differentiable SGD: double backward, and a second forward pass for Actual-Train."""

    def __init__(self, model: nn.Module, optimizer: torch.optim.Optimizer, meta_model: nn.Module) -> None:
        self.model, self.optimizer, self.meta_model = model, optimizer, meta_model
        self.meta_optimizer = torch.optim.SGD(meta_model.parameters(), lr=1e-3)

    def __call__(self, x: Tensor, y: Tensor, x_meta: Tensor, y_meta: Tensor) -> RivalOutput:
        """Take one step; x [N, ...], y [N], x_meta [M, ...], y_meta [M]."""
        import torchopt

        before = torchopt.extract_state_dict(self.model, by="reference")
        virtual = torchopt.MetaSGD(self.model, lr=self.optimizer.param_groups[0]["lr"])
        virtual.step(self.meta_model(self.model(x), y).value)
        meta_loss = cross_entropy(self.model(x_meta), y_meta)
        theta = dict(self.meta_model.named_parameters())
        meta_grads = dict(zip(theta, torch.autograd.grad(meta_loss, tuple(theta.values())), strict=True))
        torchopt.recover_state_dict(self.model, before)
        for name, parameter in theta.items():
            parameter.grad = meta_grads[name]
        self.meta_optimizer.step()
        self.optimizer.zero_grad()
        self.meta_model(self.model(x), y).value.backward(inputs=list(self.model.parameters()))
        self.optimizer.step()
        return RivalOutput(meta_grads)


class BettyStep:
    """One step of betty-ml's engine with its default, DARTS: θ after the optimizer's step, by a central difference.

    So it is comparable with the merged schedule; the weights are one step old.
    """

    def __init__(self, model: nn.Module, optimizer: torch.optim.Optimizer, meta_model: nn.Module) -> None:
        from betty.configs import Config, EngineConfig
        from betty.engine import Engine
        from betty.problems import ImplicitProblem

        # It announces every problem.
        logging.getLogger("betty").disabled = True
        batches: dict[str, Any] = {}

        class Lower(ImplicitProblem):
            def get_batch(self) -> Any:
                return batches["lower"]

            def training_step(self, batch: Any) -> Tensor:
                return self.upper.module(self.module(batch[0]), batch[1]).value

        class Upper(ImplicitProblem):
            def get_batch(self) -> Any:
                return batches["upper"]

            def training_step(self, batch: Any) -> Tensor:
                return cross_entropy(self.lower.module(batch[0]), batch[1])

        self.batches, self.grads, self.lr = batches, {}, optimizer.param_groups[0]["lr"]
        meta_optimizer = torch.optim.SGD(meta_model.parameters(), lr=1e-3)
        meta_optimizer.register_step_pre_hook(lambda *_: self._note(meta_model))
        lower = Lower("lower", Config(type="darts", unroll_steps=1), model, optimizer)
        upper = Upper("upper", Config(retain_graph=True), meta_model, meta_optimizer)
        self.engine = Engine(
            [upper, lower],
            EngineConfig(logger_type="none"),
            dependencies={"u2l": {upper: [lower]}, "l2u": {lower: [upper]}},
        )

    def __call__(self, x: Tensor, y: Tensor, x_meta: Tensor, y_meta: Tensor) -> RivalOutput:
        """Take one step; x [N, ...], y [N], x_meta [M, ...], y_meta [M]."""
        self.batches |= {"lower": (x, y), "upper": (x_meta, y_meta)}
        self.engine.train_step()
        return RivalOutput(self.grads)

    def _note(self, meta_model: nn.Module) -> None:
        """Keep the meta gradient, which the engine clears; it has no learning rate in it."""
        self.grads = {name: self.lr * theta.grad for name, theta in meta_model.named_parameters()}
