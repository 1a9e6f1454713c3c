"""All that `inspect` looks at, one part after the other; a part that fails leaves those after it out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from famus_ext.data import LabelledFiles, NoisyData, Source, check_source, read_labels
from famus_ext.data.class_findings import class_findings
from famus_ext.data.finding import DataError, Finding, remark
from famus_ext.data.sets.registry import data_set
from famus_ext.inspection.cost import Cost, cost_of, takes_long, too_slow
from famus_ext.inspection.folders import folder_findings
from famus_ext.inspection.label_file_findings import label_file_findings
from famus_ext.inspection.network import Network, batch_findings, network_of, output_findings
from famus_ext.inspection.pictures import Pictures
from famus_ext.inspection.predicted import Work
from famus_ext.inspection.sets import Sets, sets_of
from famus_ext.inspection.source_findings import source_findings
from famus_ext.inspection.step_findings import input_findings, step_findings
from famus_ext.inspection.trial import Trial, smallest_batches
from famus_ext.train.assembly.data import make_data, make_source
from famus_ext.train.assembly.network import network_name
from famus_ext.train.config import Config
from famus_ext.train.data_findings import data_findings
from famus_ext.train.experiment import make_trainer, resolve_device
from famus_ext.train.options.check import OptionError
from famus_ext.train.options.data import OWN_IMAGES, DataOptions

_UNKNOWN_COST = remark(
    "what a run costs is not measured with --meta-set pseudo-clean, whose steps are as many as its sets are large",
    "Begin the run, which says how long is left; --resume goes on with one that was stopped.",
)


@dataclass(frozen=True)
class Inspection:
    """What was found.

    Attributes:
        sets: The three sets; None where they cannot be made.
        network: The network; None where it cannot be made or run.
        cost: Of a step and of the run; None where no step could be taken.
        findings: What is wrong, the data first.
    """

    sets: Sets | None
    network: Network | None
    cost: Cost | None
    findings: tuple[Finding, ...]

    @property
    def problems(self) -> tuple[Finding, ...]:
        """The findings that make results wrong or impossible."""
        return tuple(finding for finding in self.findings if finding.is_problem)

    def to_dict(self) -> dict[str, Any]:
        """As plain dicts and lists, fit for JSON."""
        return asdict(self)


def inspect(config: Config, *, steps: int, check_files: bool = True) -> Inspection:
    """Looks at everything that a run would use, and takes its first steps; nothing is written.

    Args:
        config: The options.
        steps: How many steps; 0 for none.
        check_files: Whether every image is read and compared with the others.

    Raises:
        OptionError: for options that cannot be used, whatever the data.
        ModuleNotFoundError: when a package that is needed is not installed.
    """
    device = resolve_device(config)
    torch.set_num_threads(config.machine.threads)
    source, findings = _source(config.data)
    if source is None:
        return Inspection(None, None, None, tuple(findings))
    findings += class_findings(source)
    pictures = _pictures(config.data, source) if check_files else None
    if check_files:
        findings += source_findings(source, check_source(source, data_set(config.data.dataset).sizes))
    if pictures is not None:
        findings += pictures.findings(max(source.train.image_shape[1:]))
    data = _data(config, source, findings)
    if data is None:
        return Inspection(None, None, None, tuple(findings))
    sets = sets_of(config.data, source, data, pictures)
    network, cost, found = _steps(config, data, device, steps)
    return Inspection(sets, network, cost, (*findings, *found))


def _source(options: DataOptions) -> tuple[Source | None, list[Finding]]:
    """The data set, None where it cannot be read, and what is wrong with its layout."""
    findings: list[Finding] = []
    path = None if options.data_path is None else Path(options.data_path)
    if options.dataset in OWN_IMAGES and path is not None and path.is_dir() and options.dataset.startswith("folder"):
        findings += folder_findings(path)
    try:
        return make_source(options), findings
    except DataError as error:
        return None, [Finding(error.problem, error.remedy), *findings]
    except (FileNotFoundError, ValueError) as error:
        if path is None or not path.exists():
            raise OptionError(f"--data-path: {error}") from error
        if not any(finding.is_problem for finding in findings):
            findings.append(Finding(str(error), _remedy(error)))
        return None, findings
    except ModuleNotFoundError:
        raise
    except ImportError as error:
        raise OptionError(f"--dataset {options.dataset}: {error}") from error


def _remedy(error: Exception) -> str:
    """What to do about data that cannot be read."""
    text = str(error)
    if isinstance(error, FileNotFoundError):
        return "Put the files where they are expected, or name another --data-path."
    if "cannot be read, the first" in text:
        return "Fetch them again, or take them out."
    if text.startswith("labels: expected values in [0, "):
        return "Labels are numbered from 0: if these begin at 1, subtract 1 from each."
    return "Correct it, or fetch it again, and inspect once more."


def _pictures(options: DataOptions, source: Source) -> Pictures | None:
    """The image files of one's own data set; None for others, whose form is known."""
    if options.dataset not in OWN_IMAGES or options.data_path is None or source.train.names is None:
        return None
    path = Path(options.data_path)
    root = source.train.root if isinstance(source.train, LabelledFiles) else path if path.is_dir() else path.parent
    sets = [source.train, source.meta, source.test]
    return Pictures.of(root, [name for images in sets if images is not None for name in images.names or ()])


def _data(config: Config, source: Source, findings: list[Finding]) -> NoisyData | None:
    """The sets of the first seed, None where they cannot be made; adds what is wrong with them.

    Raises:
        OptionError: when they cannot be made although nothing is wrong with the data.
    """
    options = config.data
    if options.noise_file is not None and Path(options.noise_file).is_file() and not source.noisy:
        try:
            findings += label_file_findings(source, read_labels(options.noise_file, options.noise_key))
        except (ValueError, FileNotFoundError) as error:
            raise OptionError(f"--noise-file: {error}") from error
    try:
        data = make_data(options, config.seeds[0], source)
    except OptionError as error:
        if not any(finding.is_problem for finding in findings):
            raise
        findings.append(Finding(f"the three sets cannot be made: {error}", "See to what is said above first."))
        return None
    findings += data_findings(source, data)
    return data


def _steps(
    config: Config, data: NoisyData, device: torch.device, steps: int
) -> tuple[Network | None, Cost | None, list[Finding]]:
    """The network, the cost of its steps, and what is wrong with either."""
    name = network_name(config)
    trial, found = _tried(
        lambda: Trial(config, config.method, data, device),
        "the run cannot begin",
        "See what the message says; images that cannot be read must be fetched again, or taken out.",
    )
    if trial is None:
        return None, None, found
    findings = [*input_findings(trial.images), *batch_findings(trial.model, smallest_batches(config, data))]
    shape = list(data.train.image_shape)
    described, found = _tried(
        lambda: output_findings(name, trial.model, trial.images, data.num_classes),
        f"{name} fails on images of shape {shape}",
        "Name another --network, or another --image-size.",
    )
    findings += found + (described or [])
    if found or described:
        return None, None, findings
    work = Work.of(trial.model, trial.images[:1])
    sampler = None if config.method == "ce" else trial.step.sampler  # type: ignore[attr-defined]
    network = network_of(name, trial.model, sampler, trial.images, work.shares)
    if steps == 0:
        return network, None, findings
    slow = too_slow(config, data, trial)
    if slow:
        return network, None, findings + slow
    failed = "the first steps fail", "See what the message says, and take other options."
    if config.data.meta_set == "pseudo-clean" and config.method != "ce":
        trainer = make_trainer(config, config.method, config.seeds[0], data, device)
        return network, None, [*findings, *_tried(trainer.try_step, *failed)[1], _UNKNOWN_COST]
    taken, found = _tried(lambda: trial.run(steps), *failed)
    findings += found
    if taken is None:
        return network, None, findings
    plain, found = (
        (taken, [])
        if config.method == "ce"
        else _tried(
            lambda: Trial(config, "ce", data, device).run(steps), "plain training fails", "Take a smaller --lr."
        )
    )
    cost = cost_of(config, data, device, taken, plain, work, sampler)
    long = takes_long(cost, config.machine.threads)
    return network, cost, [*findings, *found, *step_findings(taken, data.num_classes), *long]


def _tried(compute: Callable[[], Any], what: str, remedy: str) -> tuple[Any, list[Finding]]:
    """The result, or None and what went wrong in networks and steps: of torch, or of the engine."""
    try:
        return compute(), []
    except OptionError:
        raise
    except (RuntimeError, ValueError, TypeError, ArithmeticError) as error:
        return None, [Finding(f"{what}: {str(error).splitlines()[0] if str(error) else type(error).__name__}", remedy)]
