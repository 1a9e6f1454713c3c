"""Do the ops and the meta step give the same bits every time? Exits with 1 where they do not.

python benchmarks/repeatability.py --device cuda
"""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import torch
import tyro
from contenders import CASES, Case, Network
from measuring.environment import find_device
from meta_steps.tables import Row, Table
from meta_steps.trial import Trial
from torch import Tensor


@dataclass(frozen=True)
class Options:
    """What to repeat.

    Attributes:
        device: "cpu" or "cuda".
        repeats: How often.
        depth: Depth of the wide residual network.
        width: Its width.
        batch: Size of both batches.
    """

    device: Literal["cpu", "cuda"] = "cpu"
    repeats: int = 10
    depth: int = 16
    width: int = 4
    batch: int = 32


def main(options: Options) -> int:
    """Repeat everything, say what differed, and return the exit status."""
    device = find_device(options.device)
    # The convolutions' own choice of algorithm is not what is asked about.
    torch.backends.cudnn.deterministic = True
    torch.manual_seed(0)
    network = Network(options.depth, options.width, options.batch, device, torch.float32)
    table = Table("", (), options.depth, options.width, options.batch, options.batch)
    cases: dict[str, Callable[[], Sequence[Tensor]]] = {
        **{f"{case.op}, {case.size}": _results_of(case) for cases in CASES.values() for case in cases(network)},
        "meta step, every layer": lambda: _state_after_steps(Row("", "pushforward"), table, device),
        "meta step, FaMUS": lambda: _state_after_steps(Row("", "pushforward", "sampled", 4), table, device),
    }
    different = 0
    for name, case in cases.items():
        first = [tensor.clone() for tensor in case()]
        equal = all(_same_bits(first, case()) for _ in range(options.repeats))
        different += not equal
        print(f"{name}: {'the same bits' if equal else 'DIFFERENT BITS'} in {options.repeats} repeats")
    return 1 if different else 0


def _results_of(case: Case) -> Callable[[], Sequence[Tensor]]:
    """What the op returns, as one list."""
    return lambda: [tensor for family in case.native(*case.inputs) for tensor in family]


def _state_after_steps(row: Row, table: Table, device: torch.device, steps: int = 2) -> list[Tensor]:
    """Parameters of the network, of the meta model and of the sampler after steps from one and the same start."""
    trial = Trial(row, table, device)
    for _ in range(steps):
        trial()
    return [p.detach() for module in (trial.model, trial.meta_model, trial.sampler) for p in module.parameters()]


def _same_bits(first: Sequence[Tensor], second: Sequence[Tensor]) -> bool:
    """Bit equality; equal NaNs count as equal, zeros of different sign do not."""
    pairs = zip(first, second, strict=True)
    return all(torch.equal(a.contiguous().view(torch.uint8), b.contiguous().view(torch.uint8)) for a, b in pairs)


if __name__ == "__main__":
    sys.exit(main(tyro.cli(Options, description=__doc__)))
