"""The task of a captured step: made in the first step, the same tensors in every one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from torch import Tensor, nn

from famus_ext.engine.capture.conditions import Conditions, check_conditions, conditions
from famus_ext.engine.capture.graphs import Graphs
from famus_ext.engine.capture.inputs import StaticInputs
from famus_ext.engine.capture.refusals import check_device, check_no_autocast
from famus_ext.engine.runner import Runner
from famus_ext.engine.task import MetaTask
from famus_ext.engine.updates.held_gradient_step import HeldGradientStep
from famus_ext.network.layers import trainable

MakeTask = Callable[..., MetaTask]
"""From batch, meta batch, `update` and `stand_ins` to the task, checked."""


class StandingTask:
    """The batches, learning rates and weights that recorded sections read, at the same addresses in every step.

    The sections are recorded on aliases of w and θ. They share the memory, and so see every step of an optimizer, but
    not the count of changes by which autograd would refuse, in a later step, what the first has saved.

    Args:
        modules: The modules that sections run, by the argument that they came as: `model` and `meta_model`.
        run: What records and replays the sections.
    """

    def __init__(self, modules: Mapping[str, nn.Module], run: Runner) -> None:
        self.run = run
        self._modules = modules
        self._device = next(modules["model"].parameters()).device
        self._standing: tuple[MetaTask, StaticInputs, HeldGradientStep, Conditions] | None = None

    def of(
        self, batch: tuple[Any, Any], meta_batch: tuple[Any, Any], rates: Mapping[str, float], make: MakeTask
    ) -> MetaTask:
        """The task with this step's batches and learning rates.

        Raises:
            ValueError: Something is not as in the first step; the message says what.
        """
        check_no_autocast(self._device)
        given = dict(zip(("x", "y", "x_meta", "y_meta"), (*batch, *meta_batch), strict=True))
        if self._standing is None:
            self._standing = self._first(given, rates, make)
        task, inputs, update, expected = self._standing
        check_conditions(expected, self._modules)
        inputs.load(given)
        update.set_rates(rates)
        return task

    def _first(
        self, given: Mapping[str, Any], rates: Mapping[str, float], make: MakeTask
    ) -> tuple[MetaTask, StaticInputs, HeldGradientStep, Conditions]:
        """What stays in place from now on."""
        inputs, update = StaticInputs(given), HeldGradientStep(rates, self._device)
        x, y, x_meta, y_meta = inputs.values.values()
        task = make((x, y), (x_meta, y_meta), update=update, stand_ins=_aliases(self._modules["model"]))
        task = replace(task, theta=_aliases(self._modules["meta_model"]), run=self.run)
        return task, inputs, update, conditions(self._modules)


def standing_task(model: nn.Module, meta_model: nn.Module) -> StandingTask:
    """That of a network on a GPU, by CUDA graphs.

    Raises:
        ValueError: The network is not on one CUDA device.
    """
    return StandingTask({"model": model, "meta_model": meta_model}, Graphs(model, check_device(model)))


def _aliases(module: nn.Module) -> dict[str, Tensor]:
    """Leaves by name that share the memory of the trainable parameters, each with its own count of changes."""
    return {name: parameter.data.requires_grad_() for name, parameter in trainable(module).items()}
