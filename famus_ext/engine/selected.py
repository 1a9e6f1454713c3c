"""Which layers' directions are carried to the logits, as the host knows it and as the device does."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from famus_ext.engine.task import MetaTask


@dataclass(frozen=True)
class Selected:
    """The layers of a step.

    Attributes:
        gates: r [L].
        carried: Whether a layer's direction is carried, [L]: where its gate is 1, if not in more.
        scaled: Whether it must be multiplied by its gate, since layers whose gate is 0 are carried too.
    """

    gates: Tensor
    carried: tuple[bool, ...]
    scaled: bool


def select(task: MetaTask, gates: Tensor) -> Selected:
    """Read the gates r [L]: the one thing that the host must know in the midst of a meta gradient.

    A section that is replayed carries every candidate from the lowest active layer on, so that there is one for each
    such layer rather than one for each set of gates.
    """
    active = tuple(gate > 0 for gate in gates.tolist())
    if not task.run.replays:
        return Selected(gates, active, scaled=False)
    lowest = active.index(True) if True in active else len(active)
    candidates = set(task.sampler.candidates(task.layers))
    carried = tuple(index >= lowest and index in candidates for index in range(len(active)))
    return Selected(task.run.hold("gates", gates), carried, scaled=True)
