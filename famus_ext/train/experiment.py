"""An experiment: every method on every seed, then the comparison."""

from __future__ import annotations

from pathlib import Path
from signal import Signals

import torch

from famus_ext.data import NoisyData
from famus_ext.data.files.workers import worker_errors
from famus_ext.data.finding import DataError
from famus_ext.engine.distributed.processes import ALONE, Processes
from famus_ext.errors import ProcessError, PushforwardError
from famus_ext.train.assembly.data import make_data, make_source
from famus_ext.train.assembly.network import network_name
from famus_ext.train.assembly.step import ARGUMENTS
from famus_ext.train.config import Config
from famus_ext.train.console import data_line, data_warnings, result_warnings, say, summary_lines
from famus_ext.train.determinism import deterministic
from famus_ext.train.folder.checkpoint import CheckpointError
from famus_ext.train.folder.learned_meta_model import take_meta_model
from famus_ext.train.folder.run_folder import RunFolder
from famus_ext.train.options.check import OptionError, naming_options
from famus_ext.train.options.data import OWN_IMAGES, DataOptions
from famus_ext.train.options.meta_model import WEIGHTING, Method
from famus_ext.train.plots.accuracy import plot_accuracy
from famus_ext.train.plots.layers import gates_vary, plot_layers
from famus_ext.train.plots.weight_function import plot_weight_function
from famus_ext.train.plots.weights import plot_weights
from famus_ext.train.processes import largest
from famus_ext.train.progress import Progress
from famus_ext.train.recording.records import RunResult
from famus_ext.train.recording.tensorboard import check_installed
from famus_ext.train.stopping import Stopped, StopRequest
from famus_ext.train.trainer import Trainer


def run_experiment(config: Config, folder: RunFolder, processes: Processes = ALONE) -> list[RunResult]:
    """Trains every method on every seed, leaving out the epochs that the folder's checkpoints hold already.

    Args:
        config: The options.
        folder: Where checkpoints, records and pictures go, see `run_folder`.
        processes: Those that run it together.

    Returns:
        The runs, seed by seed, the baseline first.

    Raises:
        OptionError: see `check_runnable`.
        CheckpointError: for a checkpoint that cannot be continued from.
        ProcessError: when another process has failed or ended.
        NonFiniteError, TrainingError: when losses or gradients stay NaN or infinite.
        ImageError, WorkerError: when images cannot be read.
        Stopped: after SIGTERM or SIGINT, when the state has been saved.
        OSError: when the folder cannot be written, on a full disk say; what it held is whole.
    """
    device = resolve_device(config)
    torch.set_num_threads(config.machine.threads)
    results = []
    progress = Progress(config, folder)
    with deterministic(config.machine.deterministic), StopRequest() as stop:
        for seed in config.seeds:
            data = _data(config, seed)
            folder.write_labels(seed, data)
            for method in config.methods:
                # No name holds the trainer, so that one network is gone before the next is made.
                results.append(
                    _run(make_trainer(config, method, seed, data, device, processes), folder, processes, progress, stop)
                )
    folder.write_summary(results)
    if folder.writes:
        _draw(config, folder, results)
    for line in summary_lines(config, results):
        say(line, always=True)
    return results


def check_runnable(config: Config, processes: Processes = ALONE) -> None:
    """Makes everything of the first run and takes a step: options that do not fit are found before a folder is made.

    Raises:
        OptionError: for a device, data or a network that cannot be had, or options that do not go together.
        torch.OutOfMemoryError: for a step that needs more memory than there is.
    """
    device = resolve_device(config)
    if config.log.tensorboard:
        check_installed()
    data = _runnable_data(config.data, config.seeds[0])
    trainer = make_trainer(config, config.method, config.seeds[0], data, device, processes)
    try:
        with naming_options(ARGUMENTS, f"--network {network_name(config)}"):
            trainer.try_step()
    except (ProcessError, torch.OutOfMemoryError):
        raise
    except PushforwardError as error:
        raise OptionError(f"--engine {config.schedule.engine}: {error}") from error
    except RuntimeError as error:  # torch's, for images that the network cannot take
        if str(error).startswith("capture: "):
            raise OptionError(f"--{error}") from error
        shape = list(data.train.image_shape)
        raise OptionError(
            f"--network {network_name(config)}: fails on images of shape {shape}: {error}; "
            "name another --network, or another --image-size"
        ) from error


def make_trainer(
    config: Config,
    method: Method,
    seed: int,
    data: NoisyData,
    device: torch.device,
    processes: Processes = ALONE,
) -> Trainer:
    """The trainer of one run, with the meta model that another has learned where one is asked for."""
    trainer = Trainer(config, method, seed, data, device, processes)
    if config.meta_model.meta_model_from is not None and method != "ce":
        meta_model = trainer.step.meta_model  # type: ignore[attr-defined]
        take_meta_model(meta_model, method, seed, config.meta_model.meta_model_from)
    return trainer


def resolve_device(config: Config) -> torch.device:
    """The device that the options ask for.

    Raises:
        OptionError: for a GPU where none of that kind can be used.
    """
    usable = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    asked = config.machine.device
    if asked == "auto":
        return torch.device("cuda" if usable["cuda"] else "cpu")
    if not usable[asked]:
        raise OptionError(f'--device {asked}: no GPU can be used here; "python -m famus_ext info" says why')
    return torch.device(asked)


def _runnable_data(options: DataOptions, seed: int) -> NoisyData:
    """The data of the first seed; what is wrong with one's own may lie where `inspect` alone looks."""
    try:
        return make_data(options, seed)
    except OptionError as error:
        there = options.data_path is not None and Path(options.data_path).exists()
        if options.dataset not in OWN_IMAGES or not there or isinstance(error.__cause__, DataError):
            raise
        raise OptionError(f"{error}; python -m famus_ext inspect, with the same options, looks at the files") from error


def _data(config: Config, seed: int) -> NoisyData:
    """The data of one seed, with what there is to say of them."""
    source = make_source(config.data)
    data = make_data(config.data, seed, source)
    for line in (data_line(config, data, seed), *data_warnings(source, data)):
        say(line)
    return data


def _run(trainer: Trainer, folder: RunFolder, processes: Processes, progress: Progress, stop: StopRequest) -> RunResult:
    """One method on one seed, from its checkpoint on."""
    config = trainer.config
    if trainer.method == config.method and trainer.step.layers:
        folder.write_layers([layer.name for layer in trainer.step.layers])
    problems, positions = processes.together(lambda: folder.restore(trainer), lambda _: [trainer.steps], 1)
    if len({done for (done,) in positions}) > 1:
        done = ", ".join(str(done) for (done,) in positions)
        raise CheckpointError(
            f"{folder.path}: expected the same files before every process, got checkpoints after {done} steps"
        )
    for problem in problems:
        say(f"{problem}; going on from the checkpoint before it")
    epochs = config.optimizer.epochs
    with worker_errors(), progress.run(trainer, trainer.total_steps) as bar:

        def after_step() -> None:
            bar.total = trainer.total_steps
            bar.update()
            every = config.recovery.checkpoint_every
            # A signal may reach one process a step before another.
            received = largest(stop.received or 0, processes)
            if received or (every and trainer.steps % every == 0):
                processes.together(lambda: folder.save_checkpoint(trainer))
            if received:
                raise Stopped(Signals(received))

        while trainer.epoch < epochs:
            record = trainer.train_epoch(after_step)
            processes.together(lambda: folder.save_epoch(trainer))
            progress.epoch_done(record)
    result = trainer.result()
    for line in result_warnings(config, result, trainer.data.train.labels):
        say(line)
    folder.write_examples(trainer.data, result)
    return result


def _draw(config: Config, folder: RunFolder, results: list[RunResult]) -> None:
    """The pictures that there is something to draw for."""
    plot_accuracy(folder.accuracy_picture, config, results)
    runs = [run for run in results if run.method == config.method]
    if config.method in WEIGHTING:
        plot_weights(folder.weights_picture, config, results)
    if runs[0].history[-1].weight_function:
        plot_weight_function(folder.weight_function_picture, config, results)
    if gates_vary(runs):
        plot_layers(folder.layers_picture, config, results)
