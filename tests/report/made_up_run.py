"""Folders of experiments that nobody trained."""

import csv
import json
from dataclasses import replace

import numpy as np
from train.made_up import record

from famus_ext.train.assembly.data import make_data
from famus_ext.train.config import Config, DataOptions, MetaModelOptions, OptimizerOptions
from famus_ext.train.folder.run_folder import RunFolder
from famus_ext.train.recording.weight_curves import POINTS

EPOCHS = 3
HEADER = "index,given_label,true_label,wrong,weight,loss,predicted_label,predicted_probability,given_probability"


def config(method="mwnet", seeds=(0,), **data):
    return Config(
        data=DataOptions(**{"num_test": 1500, **data}),
        meta_model=MetaModelOptions(method=method),
        optimizer=OptimizerOptions(epochs=EPOCHS),
        seeds=seeds,
    )


def write_run(path, options, *, epochs=EPOCHS, finished=True, truth=True, origin=None):
    """The folder of an experiment: wrong labels have small weights and large losses, but for some of them."""
    folder = RunFolder.create(path, options)
    if origin is not None:
        folder.origin.write_text(json.dumps(origin))
    folder.write_layers(["conv", "block.conv", "classifier"])
    for method, seed in options.runs:
        for epoch in range(1, epochs + 1):
            folder.metrics.append(_record(method, seed, epoch, truth))
        if finished:
            _write_examples(folder, options, method, seed, truth)
    if finished:
        folder.summary.write_text("{}")
    return path


def _record(method, seed, epoch, truth):
    made = record(method, seed, epoch, 0.5 + 0.1 * epoch - 0.2 * (method == "ce") + 0.01 * seed)
    curve = [np.exp(-loss / epoch) for loss in np.linspace(0, 10, POINTS)]
    learned = {"weight_function": [curve], "gradient_variance": 1e-6 / epoch} if method == "mwnet" else {}
    return replace(made, actual_noise_rate=0.5 if truth else None, **learned)


def _write_examples(folder, options, method, seed, truth):
    data = make_data(options.data, seed)
    random = np.random.default_rng(seed)
    wrong = np.arange(len(data.indices)) % 2 == 1
    loss = np.where(wrong, 3.0, 1.0) + random.random(len(wrong))
    with folder.examples(method, seed).open("w", newline="") as file:
        writer = csv.writer(file)
        header = HEADER.split(",")
        writer.writerow(header if data.train.names is None else [header[0], "name", *header[1:]])
        for at, (index, given) in enumerate(zip(data.indices.tolist(), data.train.labels.tolist(), strict=True)):
            name = [] if data.train.names is None else [data.train.names[at]]
            known = [given, int(wrong[at])] if truth else ["", ""]
            weight = 1.0 if method in ("ce", "mlc") else round(np.exp(-loss[at]), 6)
            writer.writerow([index, *name, given, *known, weight, loss[at], given, 0.9, round(np.exp(-loss[at]), 6)])
