"""MetaStep: one iteration of meta-learning, around the user's own optimizer."""

from __future__ import annotations

from typing import Any

import torch.distributed as dist
from torch import nn
from torch.optim import Optimizer

from famus_ext._checks import (
    check_flag,
    check_not_negative,
    check_not_negative_integer,
    check_positive,
    check_positive_integer,
)
from famus_ext.engine.batches import MetaLoss
from famus_ext.engine.capture.refusals import check_capture
from famus_ext.engine.capture.standing_task import standing_task
from famus_ext.engine.default_optimizers import check_optimizer, optimizer_of_meta_model, optimizer_of_sampler
from famus_ext.engine.guards.collapse import CollapseWatch
from famus_ext.engine.guards.combinations import Schedule, check_combination
from famus_ext.engine.guards.kinds import check_kinds
from famus_ext.engine.guards.out_of_memory import naming_what_to_turn_down
from famus_ext.engine.guards.skips import Skips
from famus_ext.engine.meta_grad import ENGINES, Engine
from famus_ext.engine.output import StepOutput, output_of_skipped_step
from famus_ext.engine.schedules import SCHEDULES, StepParts, plain_step
from famus_ext.errors import NonFiniteError
from famus_ext.losses import cross_entropy
from famus_ext.network.layers import Layer
from famus_ext.samplers import AllLayers, Sampler


class MetaStep:
    """One iteration of meta-learning in place of `zero_grad`, `backward`, `step`.

    The network is run once on the training batch and once on the meta batch, so BatchNorm's running statistics are
    updated once a step, and by the training batch alone.

    Two schedules, in units of one forward pass f of the training batch (a plain step is 3 f; n = m, all layers):

        paper    ŵ = w - α g(θ);  θ' from L_c(ŵ);  w' = optimizer step with g(θ')        10 f    FaMUS, Eq. 3 to 5
        merged   w' = optimizer step with g(θ);    θ' from L_c(w')                         8 f

    In the paper's, α is the learning rate of each parameter's group, read anew every step. The merged schedule takes
    the optimizer's own step (SGD, Adam or AdamW; momentum, weight decay and clipping included) for the virtual one; the
    network is trained with the example weights of the iteration before. It is another algorithm, not an approximation
    of the paper's.

    Args:
        model: The network, any module.
        optimizer: Its optimizer, any of torch's whose step needs no closure.
        meta_model: Ψ, from logits and targets to the training loss.
        sampler: Which layers' meta gradients are kept; None keeps all.
        engine: See `sampled_meta_grad`.
        schedule: "paper" or "merged".
        every: A meta step is taken every so many iterations, from the first on; the others train with the θ at hand.
        micro_batches: Into how many parts both batches are cut to save memory; see `MicroBatchedPass`.
        recompute: Run the training batch forward a second time, so that its graph and that of the meta batch are never
            there together: less memory, 1 f more. For every network; see `RecomputedPass`.
        clip_norm: The gradient that the optimizer takes is clipped to this norm, as by `clip_grad_norm_`.
        meta_optimizer: Optimizer of θ; None is SGD with learning rate 1e-3. A meta model whose θ belongs to the batch
            (L2R) takes none.
        sampler_optimizer: Optimizer of η; None is the paper's SGD with learning rate 0.1 and momentum 0.9.
        lambda_r: λ1, see `sampled_meta_grad`.
        lambda_g: λ2, see `sampled_meta_grad`.
        meta_loss: Loss of the meta examples.
        max_skips: How many steps in a row may be skipped because a loss or a gradient is not finite, before that is an
            error; 0 is an error at once. `StepOutput.skipped` says what was seen, `skips.total` counts.
        collapse_window: In how many meta steps in a row all weights, gates or meta gradients must be zero for a
            `CollapseWarning`; None does not look.
        process_group: The processes that take every step together, each with a part of both batches, where
            torch.distributed has been initialised; see `sampled_meta_grad`.
        capture: Record the step in CUDA graphs and replay them, for networks that are bound by launches; equal to
            rounding. Unproven on a GPU. Batches must keep their shapes; see `famus_ext.engine.capture`.

    Raises:
        TypeError, ValueError: An argument does not fit, or two do not go together; the message says which and why.
    """

    def __init__(
        self,
        model: nn.Module,
        optimizer: Optimizer,
        meta_model: nn.Module,
        sampler: Sampler | None = None,
        *,
        engine: Engine = "pushforward",
        schedule: Schedule = "paper",
        every: int = 1,
        micro_batches: int = 1,
        recompute: bool = False,
        clip_norm: float | None = None,
        meta_optimizer: Optimizer | None = None,
        sampler_optimizer: Optimizer | None = None,
        lambda_r: float | None = None,
        lambda_g: float | None = None,
        meta_loss: MetaLoss = cross_entropy,
        max_skips: int = 0,
        collapse_window: int | None = 100,
        process_group: dist.ProcessGroup | None = None,
        capture: bool = False,
    ) -> None:
        check_kinds(meta_model, sampler, meta_loss)
        if engine not in ENGINES:
            raise ValueError(f"engine: expected one of {tuple(ENGINES)}, got {engine!r}")
        sampler = AllLayers() if sampler is None else sampler
        self.schedule: Schedule = schedule
        self.every = check_positive_integer(every, "every")
        micro_batches = check_positive_integer(micro_batches, "micro_batches")
        recompute = check_flag(recompute, "recompute")
        clip_norm = None if clip_norm is None else check_positive(clip_norm, "clip_norm")
        lambda_r = None if lambda_r is None else check_not_negative(lambda_r, "lambda_r")
        lambda_g = None if lambda_g is None else check_not_negative(lambda_g, "lambda_g")
        self.layers: tuple[Layer, ...] = sampler.layers_of(model)
        self.iteration = 0
        self.skips = Skips(check_not_negative_integer(max_skips, "max_skips"))
        self.collapse_watch = CollapseWatch.of(collapse_window)
        check_optimizer("optimizer", optimizer, "model", model)
        check_combination(
            meta_model, engine, schedule, optimizer, every=every, micro_batches=micro_batches, recompute=recompute
        )
        if check_flag(capture, "capture"):
            modules = (model, meta_model, meta_loss)
            check_capture(modules, engine, schedule, micro_batches=micro_batches, recompute=recompute)
        self._parts = StepParts(
            model=model,
            optimizer=optimizer,
            meta_model=meta_model,
            sampler=sampler,
            engine=engine,
            micro_batches=micro_batches,
            recompute=recompute,
            clip_norm=clip_norm,
            meta_optimizer=optimizer_of_meta_model(meta_model, meta_optimizer),
            sampler_optimizer=optimizer_of_sampler(sampler, sampler_optimizer),
            lambda_r=lambda_r,
            lambda_g=lambda_g,
            meta_loss=meta_loss,
            process_group=process_group,
            standing=standing_task(model, meta_model) if capture else None,
        )

    def __call__(self, x: Any, y: Any, x_meta: Any = None, y_meta: Any = None) -> StepOutput:
        """Take one step.

        Args:
            x: Training inputs: a tensor, a tuple of arguments, or a mapping of keyword arguments.
            y: Training targets.
            x_meta: Inputs of the trusted examples; not looked at where `meta_step_is_next` is false.
            y_meta: Their targets.

        Returns:
            What the step saw.

        Raises:
            NonFiniteError: A loss or a gradient is NaN or infinite, once more than `max_skips` allows; it has not
                reached the network's parameters. A gradient before it that was finite may have been taken: the
                network's in the merged schedule, θ's and η's in the paper's.
            ProcessError: Another process has failed, or has ended.
            PushforwardError: The engine cannot pass a node of the graph; in the paper's schedule nothing is changed.
            torch.OutOfMemoryError: Memory has run out; the message says what to turn down.
        """
        try:
            with naming_what_to_turn_down(
                engine=self._parts.engine,
                micro_batches=self._parts.micro_batches,
                recompute=self._parts.recompute,
                every_layer=isinstance(self.sampler, AllLayers),
            ):
                output = self._take((x, y), (x_meta, y_meta))
        except NonFiniteError as error:
            self.skips.add(error)
            output = output_of_skipped_step(str(error), len(self.layers), next(self.model.parameters()).device)
        else:
            self.skips.end_row()
        self.iteration += 1
        if self.collapse_watch is not None:
            self.collapse_watch.add(output)
        return output

    @property
    def model(self) -> nn.Module:
        """The network."""
        return self._parts.model

    @property
    def optimizer(self) -> Optimizer:
        """The network's."""
        return self._parts.optimizer

    @property
    def meta_model(self) -> nn.Module:
        """Ψ."""
        return self._parts.meta_model

    @property
    def sampler(self) -> Sampler:
        """Γ, that of all layers where none was given."""
        return self._parts.sampler

    @property
    def meta_optimizer(self) -> Optimizer | None:
        """Of θ."""
        return self._parts.meta_optimizer

    @property
    def sampler_optimizer(self) -> Optimizer | None:
        """Of η."""
        return self._parts.sampler_optimizer

    @property
    def meta_step_is_next(self) -> bool:
        """Whether the next call takes a meta step, and so needs a meta batch."""
        return self.iteration % self.every == 0

    def state_dict(self) -> dict[str, Any]:
        """θ, η, their optimizers and the counts; the network and its optimizer are the caller's."""
        return {**{name: part.state_dict() for name, part in self._kept().items()}, "iteration": self.iteration}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore what `state_dict` gave.

        Raises:
            ValueError: The state is of another kind of step.
        """
        parts = self._kept()
        if set(state) != {*parts, "iteration"}:
            raise ValueError(f"state: expected the entries {sorted([*parts, 'iteration'])}, got {sorted(state)}")
        for name, part in parts.items():
            part.load_state_dict(state[name])
        self.iteration = state["iteration"]

    def _take(self, batch: tuple[Any, Any], meta_batch: tuple[Any, Any]) -> StepOutput:
        """The step that is next."""
        if self.meta_step_is_next:
            return SCHEDULES[self.schedule](self._parts, batch, meta_batch)
        return plain_step(self._parts, batch, len(self.layers))

    def _kept(self) -> dict[str, Any]:
        """What a checkpoint of this step holds."""
        parts = {
            "meta_model": self.meta_model,
            "sampler": self.sampler,
            "meta_optimizer": self.meta_optimizer,
            "sampler_optimizer": self.sampler_optimizer,
            "skips": self.skips,
        }
        return {name: part for name, part in parts.items() if part is not None}
