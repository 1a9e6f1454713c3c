"""An experiment: every method on every seed, then the comparison."""

from __future__ import annotations

import torch

from famus_ext.data import NoisyData
from famus_ext.data.batches import num_batches
from famus_ext.train.assembly import make_data
from famus_ext.train.config import Config, Method, OptionError
from famus_ext.train.console import data_line, epoch_line, progress_bar, say, summary_lines
from famus_ext.train.plots import plot_accuracy, plot_weights
from famus_ext.train.records import RunResult
from famus_ext.train.run_folder import RunFolder
from famus_ext.train.trainer import Trainer


def run_experiment(config: Config, folder: RunFolder) -> list[RunResult]:
    """Trains every method on every seed, leaving out the epochs that the folder's checkpoints hold already.

    Args:
        config: The options.
        folder: Where checkpoints, records and pictures go, see `run_folder`.

    Returns:
        The runs, seed by seed, the baseline first.

    Raises:
        OptionError: see `check_runnable`.
        CheckpointError: for a checkpoint that cannot be continued from.
        TrainingError: when a loss stops being finite.
    """
    device = resolve_device(config)
    torch.set_num_threads(config.machine.threads)
    folder.start_metrics()
    results = []
    for seed in config.seeds:
        data = make_data(config.data, seed)
        say(data_line(config, data, seed))
        results += [_run(config, folder, method, seed, data, device) for method in config.methods]
    folder.write_summary(results)
    plot_accuracy(folder.accuracy_picture, config, results)
    plot_weights(folder.weights_picture, config, results)
    for line in summary_lines(config, results):
        say(line)
    return results


def check_runnable(config: Config) -> None:
    """Makes everything of the first run once, so that options that do not fit are found before a folder is made.

    Raises:
        OptionError: for a device, data or a sampler that cannot be had as asked for.
    """
    device = resolve_device(config)
    data = make_data(config.data, config.seeds[0])
    Trainer(config, config.meta.method, config.seeds[0], data, device)


def resolve_device(config: Config) -> torch.device:
    """The device that the options ask for.

    Raises:
        OptionError: for cuda where no GPU can be used.
    """
    usable = torch.cuda.is_available()
    if config.machine.device == "cuda" and not usable:
        raise OptionError('--device cuda: no GPU can be used here; "python -m famus_ext info" says why')
    return torch.device("cuda" if usable and config.machine.device != "cpu" else "cpu")


def _run(
    config: Config, folder: RunFolder, method: Method, seed: int, data: NoisyData, device: torch.device
) -> RunResult:
    """One method on one seed, from its checkpoint on."""
    trainer = Trainer(config, method, seed, data, device)
    folder.restore(trainer)
    epochs, steps = config.optimizer.epochs, num_batches(len(data.train), config.optimizer.batch_size)
    with progress_bar(total=epochs * steps, initial=trainer.epoch * steps) as bar:
        while trainer.epoch < epochs:
            record = trainer.train_epoch(on_step=bar.update)
            folder.save(trainer)
            say(epoch_line(record, epochs))
    if method == config.meta.method:
        folder.write_example_weights(trainer)
    return trainer.result()
