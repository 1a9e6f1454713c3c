"""Tiny trees of one's own images, right as they stand, for one mistake at a time to be made in them."""

import numpy as np
from PIL import Image

import famus_ext.__main__ as program
from famus_ext.inspection.inspection import inspect
from famus_ext.train.config import Config
from famus_ext.train.options.data import DataOptions
from famus_ext.train.options.machine import MachineOptions
from famus_ext.train.options.meta_model import MetaModelOptions
from famus_ext.train.options.optimizer import OptimizerOptions
from famus_ext.train.options.sampler import SamplerOptions

SIZE = 8
CLASSES = ("ant", "bee", "cat")
PER_CLASS = {"train": 8, "meta": 5, "test": 4}


def picture(seed, size=(SIZE, SIZE)):
    """An image of random colours, like no other of another seed."""
    pixels = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    return Image.fromarray(pixels)


def save(path, seed, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    picture(seed, **options).save(path)


def write_tree(root, sets=PER_CLASS, classes=CLASSES):
    """`<set>/<class>/<number>.png`, every image of its own content."""
    seed = 0
    for name, count in sets.items():
        for label in classes:
            for number in range(count):
                save(root / name / label / f"{number}.png", seed)
                seed += 1
    return root


def config(path, dataset="folder", *, method="mwnet", network="digits", data=None, optimizer=None):
    """The options of a small run."""
    return Config(
        data=DataOptions(dataset=dataset, data_path=str(path), **{"image_size": SIZE, "workers": 0} | (data or {})),
        meta_model=MetaModelOptions(method=method),
        optimizer=OptimizerOptions(**{"network": network, "batch_size": 8} | (optimizer or {})),
        sampler=SamplerOptions(sampler="all"),
        machine=MachineOptions(device="cpu"),
    )


def inspected(path, dataset="folder", *, steps=0, check_files=True, **options):
    """What is found, without steps unless they are asked for."""
    return inspect(config(path, dataset, **options), steps=steps, check_files=check_files)


def said(found):
    """Every problem with its remedy, in one text."""
    return "\n".join(f"{finding.problem}. {finding.remedy}" for finding in found.problems)


def command(*arguments):
    """The exit code of the command, run in this process."""
    try:
        return program.main(["inspect", *map(str, arguments)])
    except SystemExit as stop:  # how tyro leaves
        return stop.code
