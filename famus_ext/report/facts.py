"""What was trained on what, in words."""

from __future__ import annotations

from dataclasses import dataclass

from famus_ext.report.images import TrainingImages
from famus_ext.train.assembly.network import network_name
from famus_ext.train.config import Config
from famus_ext.train.console import NOISE_NAMES
from famus_ext.train.folder.example_table import ExampleTable
from famus_ext.train.folder.read_run import FinishedRun
from famus_ext.train.names import method_name

LEARNED = {
    "ce": "nothing is learned beside the network",
    "mwnet": "a weight for each example is learned as a function of its loss",
    "l2r": "a weight for each example of a batch is learned anew",
    "mlc": "a matrix is learned that says which class is labelled as which",
    "label-correction": "soft labels are learned in place of the given ones",
}


@dataclass(frozen=True)
class Fact:
    """A line of the page's head."""

    term: str
    text: str


def facts(run: FinishedRun, data: TrainingImages, examples: ExampleTable | None) -> tuple[Fact, ...]:
    """The head of a report: data, labels, method, network, training, origin."""
    config = run.config
    found = (
        Fact("Data", _data(config, data, examples)),
        Fact("Labels", _labels(run)),
        Fact("Method", f"{method_name(config, config.method)}: {LEARNED[config.method]}"),
        Fact("Meta gradient", _meta_gradient(run)),
        Fact("Network", f"{network_name(config)}{_layers(run)}"),
        Fact("Training", _training(config)),
        Fact("Software", _software(run)),
        Fact("Labels' SHA-256", _hashes(run)),
    )
    return tuple(fact for fact in found if fact.text)


def _data(config: Config, data: TrainingImages, examples: ExampleTable | None) -> str:
    """The sets and their sizes, as far as they are known."""
    parts = [config.data.dataset]
    if examples is not None:
        classes = f" in {len(data.class_names)} classes" if data.class_names else ""
        parts.append(f"{len(examples):,} training images{classes}")
    if config.data.imbalance is not None:
        ratio = max(config.data.imbalance, 1 / config.data.imbalance)
        parts.append(f"a long tail, the largest class {ratio:g} times the smallest")
    if config.data.meta_set == "pseudo-clean":
        parts.append("a pseudo-clean meta set, picked from them every epoch")
    elif data.meta is not None:
        trust = "clean" if config.data.meta_set == "clean" else "untrusted"
        parts.append(f"{data.meta:,} {trust} meta images")
    if data.test is not None:
        parts.append(f"{data.test:,} test images{'' if data.test_is_clean else ' with labels as they were found'}")
    return ", ".join(parts)


def _labels(run: FinishedRun) -> str:
    """The noise that was asked for and the rate that there is."""
    kind, rate = run.config.data.noise
    if kind == "file":
        asked = "labels from a file"
    elif rate:
        asked = f"{100 * rate:.3g} % noise, {NOISE_NAMES.get(kind, kind)}"
    else:
        asked = "as they were found"
    rates = {history[0].actual_noise_rate for history in run.histories.values()}
    known = sorted(rate for rate in rates if rate is not None)
    if not known:
        return asked + ("; nobody knows which are wrong" if rates else "")
    low, high = f"{100 * known[0]:.1f} %", f"{100 * known[-1]:.1f} %"
    return f"{asked}; {low if low == high else f'{low} to {high}'} of them are wrong"


def _meta_gradient(run: FinishedRun) -> str:
    """Which layers, by which engine, how often."""
    config = run.config
    if config.method == "ce":
        return ""
    options, schedule = config.sampler, config.schedule
    kept = {
        "all": "every layer",
        "last": f"the last {options.last_layers} layers" if options.last_layers > 1 else "the last layer",
        "block": f"block {options.block}",
        "random": f"{options.random_layers} layers, drawn at random in each step",
        "threshold": f"layers with a gradient of at least {options.threshold_share:g} of the largest",
        "gumbel": f"about {options.expected_layers:g} layers, which FaMUS learns to choose",
    }[options.sampler]
    every = "" if schedule.meta_every == 1 else f", every {schedule.meta_every} steps"
    return f"of {kept}, by {schedule.engine} in the {schedule.schedule} schedule{every}"


def _layers(run: FinishedRun) -> str:
    return f", {len(run.layers)} layers" if run.layers else ""


def _training(config: Config) -> str:
    """Epochs, batches, optimizer and seeds."""
    sgd = config.optimizer
    milestones = [epoch for epoch in sgd.lr_milestones if epoch < sgd.epochs]
    meta = "" if config.method == "ce" else f" training and {config.meta_model.meta_batch_size} meta"
    parts = [
        f"{sgd.epochs} epochs",
        f"batches of {sgd.batch_size}{meta} images",
        f"SGD with learning rate {sgd.lr:g}"
        + (f", a tenth of it after epoch {_listed(milestones)}" if milestones else ""),
        f"momentum {sgd.momentum:g}",
        f"weight decay {sgd.weight_decay:g}",
        f"{'seeds' if len(config.seeds) > 1 else 'seed'} {_listed(config.seeds)}",
    ]
    return ", ".join(parts)


def _software(run: FinishedRun) -> str:
    """Versions and commit that it began with."""
    versions = run.origin.get("versions")
    named = [f"{name} {version}" for name, version in versions.items()] if isinstance(versions, dict) else []
    commit = run.origin.get("commit")
    return ", ".join([*named, *([f"commit {commit[:12]}"] if isinstance(commit, str) else [])])


def _hashes(run: FinishedRun) -> str:
    """The hash of each seed's labels."""
    hashes = {seed: history[0].labels_hash for (_, seed), history in run.histories.items()}
    return ", ".join(f"seed {seed}: {found[:12]}" for seed, found in hashes.items())


def _listed(numbers: list[int] | tuple[int, ...]) -> str:
    """Numbers as words have them: 1, 2 and 3."""
    *first, last = map(str, numbers)
    return f"{', '.join(first)} and {last}" if first else last
