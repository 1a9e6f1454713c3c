"""What came of a run, in a sentence."""

from __future__ import annotations

from famus_ext.report.trust import Ranking
from famus_ext.train.folder.read_run import FinishedRun
from famus_ext.train.names import method_name
from famus_ext.train.options.meta_model import Method
from famus_ext.train.recording.records import Spread


def verdict(run: FinishedRun, *, test_is_clean: bool) -> str:
    """The method's test accuracy against that of plain training, and whether test labels may be wrong too."""
    as_found = "" if test_is_clean else " Test labels are as they were found, so these accuracies count their mistakes."
    return f"{_accuracies(run)}{as_found if run.histories else ''}"


def _accuracies(run: FinishedRun) -> str:
    """The method's test accuracy and that of plain training, after the last epoch that both have reached."""
    config, method = run.config, run.config.method
    name = method_name(config, method)
    if not any(kind == method for kind, _ in run.histories):
        return f"No epoch of {name} has been trained yet."
    compared = [seed for seed in run.seeds(method) if method != "ce" and ("ce", seed) in run.histories]
    seeds = compared or list(run.seeds(method))
    kinds: tuple[Method, ...] = (method, "ce") if compared else (method,)
    epoch = min(len(run.histories[kind, seed]) for kind in kinds for seed in seeds)
    reached = {kind: [run.histories[kind, seed][epoch - 1].test_accuracy for seed in seeds] for kind in kinds}
    sentence = f"{_so_far(run, epoch)}{name} reaches {_accuracy(reached[method])} test accuracy after {_epochs(epoch)}"
    if not compared:
        return sentence + ("." if method == "ce" else "; there is no plain training to compare it with.")
    return f"{sentence}, {_against(reached[method], reached['ce'], method_name(config, 'ce'))}."


def finding(best: Ranking, noise_rate: float) -> str:
    """How well wrong labels are found where they are known; empty where no label is wrong."""
    found = best.detection
    if found is None or not noise_rate:
        return ""
    first = f"Of the {found.k:,} labels that it trusts least " if found.k > 1 else "Of the label that it trusts least "
    return f"{first}{100 * found.precision:.1f} % are wrong, of all labels {100 * noise_rate:.1f} %."


def _so_far(run: FinishedRun, epoch: int) -> str:
    return "" if run.is_finished else f"Not finished ({epoch} of {run.config.optimizer.epochs} epochs): "


def _against(method: list[float], plain: list[float], plain_name: str) -> str:
    """The difference to plain training, and in how many seeds it is one."""
    difference = 100 * (Spread.of(method).mean - Spread.of(plain).mean)
    better = sum(own > other for own, other in zip(method, plain, strict=True))
    if abs(difference) < 0.05:
        words = "as much as"
    else:
        words = f"{abs(difference):.1f} points {'more' if difference > 0 else 'less'} than"
    seeds = f", better in {better} of {len(method)} seeds" if len(method) > 1 else ""
    return f"{words} {plain_name} ({_accuracy(plain)}){seeds}"


def _accuracy(accuracies: list[float]) -> str:
    """Mean and, of several seeds, deviation."""
    spread = Spread.of(accuracies)
    deviation = "" if spread.deviation is None else f" ± {100 * spread.deviation:.1f}"
    return f"{100 * spread.mean:.1f}{deviation} %"


def _epochs(number: int) -> str:
    return f"{number} epoch" if number == 1 else f"{number} epochs"
