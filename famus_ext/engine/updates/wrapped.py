"""Optimizers that a training library has wrapped: Accelerate's and Lightning's."""

from __future__ import annotations

from torch.optim import Optimizer

WRAPPERS = (
    "accelerate.optimizer",
    "lightning.fabric.wrappers",
    "lightning.pytorch.core.optimizer",
    "lightning_fabric.wrappers",
    "pytorch_lightning.core.optimizer",
)
"""Modules of the wrappers whose step is that of the optimizer inside. Others (Lookahead, say) do more than wrap."""


def innermost(optimizer: Optimizer) -> Optimizer:
    """The optimizer in a wrapper, which says what steps it takes; any other is itself.

    It is still the wrapper that is to be stepped: Lightning counts its steps there.
    """
    return innermost(optimizer.optimizer) if _is_wrapper(optimizer) else optimizer  # type: ignore[attr-defined]


def check_wrapper(argument: str, optimizer: Optimizer) -> None:
    """Raise for a wrapper that would not step with each gradient as it is."""
    if not _is_wrapper(optimizer):
        return
    if getattr(optimizer, "scaler", None) is not None:
        raise ValueError(
            f"{argument}: expected one without a GradScaler, since the engines do not scale the loss; use bfloat16: "
            'Accelerator(mixed_precision="bf16")'
        )
    if getattr(getattr(optimizer, "gradient_state", None), "num_steps", 1) > 1:
        raise ValueError(
            f"{argument}: expected one that takes every step, got that of an Accelerator that accumulates gradients; "
            "use MetaStep(micro_batches=...) and gradient_accumulation_steps=1"
        )


def _is_wrapper(optimizer: Optimizer) -> bool:
    """Whether a class of the optimizer comes from one of the modules."""
    return any(kind.__module__ in WRAPPERS for kind in type(optimizer).__mro__)
