"""Run folders that nobody trained: options and records, as the commands that look back read them."""

from dataclasses import replace

from famus_ext.train.folder.run_folder import RunFolder
from famus_ext.train.recording.records import EpochRecord
from famus_ext.train.recording.weight_histogram import BINS

MIB = 2**20


def record(method, seed, epoch, accuracy, **changed):
    """An epoch's record, a few of its numbers changed."""
    learns = method != "ce"
    weights = [0] * 20 + [30 + epoch, 10] + [0] * (BINS - 21) if method in ("mwnet", "l2r") else []
    made = EpochRecord(
        method=method,
        seed=seed,
        epoch=epoch,
        test_accuracy=accuracy,
        test_loss=2.0 - accuracy,
        train_loss=1.0,
        meta_loss=0.5 if learns else None,
        weight_clean=1.5 if learns else 1.0,
        weight_wrong=0.5 if learns else 1.0,
        weight_head=None,
        weight_tail=None,
        weight_histogram_clean=weights,
        weight_histogram_wrong=weights,
        weight_histogram_all=[],
        weight_function=[],
        gradient_mean=1e-3 if method == "mwnet" else None,
        gradient_variance=1e-5 * epoch if method == "mwnet" else None,
        active_layers=1.5 if learns else None,
        gate_rates=[1.0, 0.5] if learns else [],
        lr=0.1,
        ms_per_step=10.0 * epoch,
        seconds=2.0,
        peak_memory_bytes=100 * MIB + epoch * MIB,
        skipped_steps=0,
        actual_noise_rate=0.36,
        labels_hash=f"{seed:064d}",
    )
    return replace(made, **changed)


def write_run(path, config, accuracies, **changed):
    """Writes the folder of an experiment.

    Args:
        path: The folder.
        config: Its options.
        accuracies: Test accuracy by epoch, by method and seed; with those of fewer runs or epochs it is not finished.
        **changed: What else the records hold.
    """
    folder = RunFolder.create(path, config)
    for (method, seed), curve in accuracies.items():
        for epoch, accuracy in enumerate(curve, start=1):
            folder.metrics.append(record(method, seed, epoch, accuracy, **changed))
    if all(len(accuracies.get(run, ())) == config.optimizer.epochs for run in config.runs):
        folder.summary.write_text('{"methods": {}, "labels_by_seed": {}}')
    return folder
