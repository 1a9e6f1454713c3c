"""What methods and data are called."""

from dataclasses import replace

import pytest

from famus_ext.train.config import Config, DataOptions, MetaModelOptions, SamplerOptions, ScheduleOptions
from famus_ext.train.names import data_name, method_name, seeds_name


@pytest.mark.parametrize(
    ("method", "sampler", "name"),
    [
        ({}, {}, "L2R + FaMUS"),
        ({"method": "mwnet"}, {"sampler": "all"}, "MW-Net, every layer"),
        ({"method": "l2r"}, {"sampler": "last", "last_layers": 2}, "L2R, last 2"),
        ({"method": "mlc"}, {"sampler": "block", "block": "layer4"}, "MLC, block layer4"),
        ({"method": "label-correction"}, {"sampler": "random"}, "label correction, 1 random"),
        ({"method": "mwnet", "class_groups": 3}, {"sampler": "threshold"}, "CMW-Net, threshold 0.5"),
        ({"method": "mwnet", "loss": "ldam"}, {}, "MW-Net + FaMUS, LDAM"),
    ],
)
def test_methods(method, sampler, name):
    config = Config(meta_model=MetaModelOptions(**method), sampler=SamplerOptions(**sampler))
    assert method_name(config, config.method) == name


def test_schedule_and_plain_training():
    config = Config(meta_model=MetaModelOptions(method="mwnet"), schedule=ScheduleOptions(schedule="merged"))
    assert method_name(config, "mwnet") == "MW-Net + FaMUS, merged schedule"
    assert method_name(config, "ce") == "plain cross-entropy"
    focal = replace(config, meta_model=MetaModelOptions(method="ce", loss="focal"))
    assert method_name(focal, "ce") == "plain focal loss"


@pytest.mark.parametrize(
    ("options", "wrong", "name"),
    [
        ({}, 0.54, "digits, 60 % symmetric noise (54 % of the labels wrong)"),
        ({"noise_rate": 0.0, "imbalance": 0.01}, 0.0, "digits, long tail 100 to 1"),
        ({"noise_type": "pairflip", "imbalance": 50}, None, "digits, long tail 50 to 1, 60 % pairflip noise"),
        ({"noise_rate": 0.0}, 0.0, "digits"),
        ({"dataset": "folder", "data_path": "my/photos/"}, None, "photos"),
        (
            {"dataset": "csv-clean", "data_path": "photos.csv", "noise_rate": 0.2},
            0.1,
            "photos.csv, 20 % symmetric noise (10 % of the labels wrong)",
        ),
        ({"dataset": "folder", "data_path": "."}, None, "folder"),
    ],
)
def test_data(options, wrong, name):
    assert data_name(Config(data=DataOptions(**options)), wrong) == name


def test_seeds():
    assert (seeds_name(Config(seeds=(7,))), seeds_name(Config(seeds=(7, 8)))) == ("seed 7", "2 seeds")
