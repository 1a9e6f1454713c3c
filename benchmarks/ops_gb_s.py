"""Time and memory traffic of the native ops on a network's tensors, beside a copy and PyTorch's own operations.

    python benchmarks/ops_gb_s.py --device cuda

GB/s counts the bytes that must move (every input read once, or twice where means over it come first, every output
written once), so a rival that moves more shows fewer. The share is of the GB/s that a copy reaches in the same rounds.
Before anything is timed the ops are held against their formulas in float64.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import torch
import tyro
from environment import describe, find_device
from gate_draws import GateDraws
from norm_activation import Norm
from timing import Spread, interleaved, paired_ratio
from torch import Tensor

from famus_ext import ops
from famus_ext._native import path
from famus_ext.models import wide_resnet

LEARNING_RATE = 0.05


@dataclass(frozen=True)
class Options:
    """What to measure.

    Attributes:
        device: "cpu" or "cuda".
        dtype: Of the parameters and gradients.
        depth: Depth of the wide residual network whose parameters are used.
        width: Its width.
        batch: Examples in the activation of its first group that is normalised.
        rounds: Timed rounds.
        calls: Calls that are timed together in a round; on a GPU they hide the launch of the first.
        threads: Threads of the CPU; all cores by default.
        json: Where to leave the result.
    """

    device: Literal["cpu", "cuda"] = "cpu"
    dtype: Literal["float32", "bfloat16", "float16", "float64"] = "float32"
    depth: int = 28
    width: int = 10
    batch: int = 32
    rounds: int = 15
    calls: int = 10
    threads: int | None = None
    json: Path | None = None


@dataclass(frozen=True)
class Contender:
    """A call, the op that it computes, and the number of tensors as large as the network that must move."""

    op: str
    name: str
    tensors_moved: float
    call: Callable[[], object]


def contenders(w: list[Tensor], g: list[Tensor], draws: GateDraws, norm: Norm) -> tuple[Contender, ...]:
    """The copy, and every op by its kernel and by PyTorch's own operations."""
    flat = torch.cat([tensor.flatten() for tensor in w])
    target = torch.empty_like(flat)
    layers_w, layers_g = [[tensor] for tensor in w], [[tensor] for tensor in g]
    eta = draws.entries / flat.numel()  # read forward, its gradient written backward
    last = norm.channels_last()
    activations = 6 * norm.x.numel() / flat.numel()  # x and ẋ read twice, the ReLU's output once, ẏ written
    return (
        Contender("copy", "copy", 2, lambda: target.copy_(flat)),
        Contender("virtual_step", "famus", 3, lambda: ops.virtual_step(w, g, LEARNING_RATE)),
        Contender("virtual_step", "foreach", 3, lambda: foreach_virtual_step(w, g)),
        Contender("layer_dots", "famus", 2, lambda: ops.layer_dots(layers_w, layers_g)),
        Contender("layer_dots", "dot by dot", 2, lambda: dot_by_dot(w, g)),
        Contender("gumbel_gates", "famus", 2 * eta, draws.by_op),
        Contender("gumbel_gates", "by layer", 2 * eta, draws.by_layer),
        Contender("norm_pushforward", "famus", activations, norm.pushforward),
        Contender("norm_pushforward", "eager", activations, norm.eager),
        Contender("norm_pushforward", "famus, channels last", activations, last.pushforward),
        Contender("norm_pushforward", "eager, channels last", activations, last.eager),
    )


def foreach_virtual_step(w: Sequence[Tensor], g: Sequence[Tensor]) -> tuple[list[Tensor], list[Tensor]]:
    """The virtual step from PyTorch's fused multi-tensor update and a mean a tensor."""
    pooled = [tensor.flatten(1).mean(1) if tensor.dim() > 1 else tensor for tensor in g]
    return list(torch._foreach_add(w, g, alpha=-LEARNING_RATE)), pooled


def dot_by_dot(a: Sequence[Tensor], b: Sequence[Tensor]) -> Tensor:
    """The dot products of layers of one tensor each."""
    return torch.stack([torch.dot(first.flatten(), second.flatten()) for first, second in zip(a, b, strict=True)])


def check(w: list[Tensor], g: list[Tensor], draws: GateDraws, norm: Norm) -> dict[str, float]:
    """Relative errors of the ops against the same formula in float64.

    Raises:
        ArithmeticError: an error is above what rounding in the inputs' dtype can leave.
    """
    exact_w, exact_g = [tensor.double() for tensor in w], [tensor.double() for tensor in g]
    exact_hat, exact_bar = foreach_virtual_step(exact_w, exact_g)
    w_hat, g_bar = ops.virtual_step(w, g, LEARNING_RATE)
    dots = ops.layer_dots([[tensor] for tensor in w], [[tensor] for tensor in g])
    # A dot product rounds with the size of its terms, not of their sum.
    scale = dot_by_dot([tensor.abs() for tensor in exact_w], [tensor.abs() for tensor in exact_g])
    errors = {
        "w_hat": _largest(w_hat, exact_hat),
        "g_bar": _largest(g_bar, exact_bar),
        "layer_dots": ((dots.double() - dot_by_dot(exact_w, exact_g)).abs() / scale).max().item(),
        "gumbel_gates": draws.error(),
        "norm_pushforward": _largest([norm.pushforward()], [norm.double().eager()]),
    }
    bound = 4 * torch.finfo(w[0].dtype).eps
    if not max(errors.values()) <= bound:
        raise ArithmeticError(f"relative errors {errors} exceed {bound}")
    return errors


def _largest(values: Sequence[Tensor], exact: Sequence[Tensor]) -> float:
    """Largest relative error of a tensor, in the 2-norm."""
    pairs = zip(values, exact, strict=True)
    return max(((value.double() - reference).norm() / reference.norm()).item() for value, reference in pairs)


def main(options: Options) -> None:
    """Check, measure, print, and leave the JSON."""
    if options.threads is not None:
        torch.set_num_threads(options.threads)
    device, dtype = find_device(options.device), getattr(torch, options.dtype)
    torch.manual_seed(0)
    model = wide_resnet(options.depth, options.width)
    w = [torch.randn_like(parameter, requires_grad=False).to(device, dtype) for parameter in model.parameters()]
    g = [torch.randn_like(tensor) for tensor in w]
    draws = GateDraws(model, device, dtype)
    norm = Norm.random((options.batch, 16 * options.width, 32, 32), device, dtype)
    result = {"benchmark": "ops_gb_s", **describe(device), "dtype": options.dtype}
    result["errors"] = check(w, g, draws, norm)
    result["parameters"] = sum(tensor.numel() for tensor in w)
    result["rows"] = measure(w, g, draws, norm, options)
    print(f"{result['device']}, {result['threads']} threads, {result['parameters']} parameters in {options.dtype}")
    for row in result["rows"]:
        print(
            f"{row['op']:16} {row['name']:20} {row['ms']['median']:9.3f} ms {row['gb_s']:8.1f} GB/s "
            f"{100 * row['share_of_copy']['median']:5.0f} % of the copy  {row['path'] or ''}"
        )
    if options.json is not None:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(json.dumps(result, indent=1) + "\n")


def measure(w: list[Tensor], g: list[Tensor], draws: GateDraws, norm: Norm, options: Options) -> list[dict[str, Any]]:
    """Time every contender: a record a row of the result file."""
    rivals = contenders(w, g, draws, norm)
    calls = {f"{rival.op} {rival.name}": _repeated(rival.call, options.calls) for rival in rivals}
    interleaved(calls, 2, w[0].device)
    times = interleaved(calls, options.rounds, w[0].device)
    tensor_bytes = sum(tensor.numel() * tensor.element_size() for tensor in w)
    records = []
    for rival, total in zip(rivals, times.values(), strict=True):
        milliseconds = [value / options.calls for value in total]
        ratio = paired_ratio(times["copy copy"], total)
        share = {quantile: value * rival.tensors_moved / 2 for quantile, value in asdict(ratio).items()}
        spread = Spread.of(milliseconds)
        records.append(
            {
                "op": rival.op,
                "name": rival.name,
                "path": path(rival.op, w[0].device).name if rival.name.startswith("famus") else None,
                "ms": asdict(spread),
                "gb_s": 1e-6 * rival.tensors_moved * tensor_bytes / spread.median,
                "share_of_copy": share,
            }
        )
    return records


def _repeated(call: Callable[[], object], times: int) -> Callable[[], None]:
    """A call that calls several times."""

    def repeated() -> None:
        for _ in range(times):
            call()

    return repeated


if __name__ == "__main__":
    with torch.no_grad():
        main(tyro.cli(Options, description=__doc__))
