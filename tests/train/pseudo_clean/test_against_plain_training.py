"""Digits with 60 % symmetric noise: no clean image is needed to beat plain cross-entropy."""

import torch

from famus_ext.train.assembly.data import make_data
from famus_ext.train.config import Config, DataOptions, MetaModelOptions, OptimizerOptions
from famus_ext.train.options.pseudo_clean import PseudoCleanOptions
from famus_ext.train.trainer import Trainer

EPOCHS = 10
CONFIG = Config(
    data=DataOptions(meta_set="pseudo-clean", noise_rate=0.6),
    pseudo_clean=PseudoCleanOptions(warmup_epochs=8, lambda_u=5.0),
    meta_model=MetaModelOptions(method="mwnet", meta_batch_size=50),
    optimizer=OptimizerOptions(epochs=EPOCHS),
)


def trained(method, data):
    trainer = Trainer(CONFIG, method, 0, data, torch.device("cpu"))
    while trainer.epoch < EPOCHS:
        trainer.train_epoch()
    return trainer


def test_pseudo_clean_beats_plain_training():
    data = make_data(CONFIG.data, 0)
    plain, divided = trained("ce", data), trained("mwnet", data)
    assert divided.history[-1].test_accuracy > plain.history[-1].test_accuracy + 0.03
    for division in divided.regime.divisions:  # of the labels, 45 % are right
        assert (~data.wrong)[division.labelled].double().mean() > 0.9
        assert (~data.wrong)[division.meta].double().mean() > 0.9
