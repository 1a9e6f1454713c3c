"""What MW-Net learns on a long tail: weights that rise with the loss, and with it those of the rare classes."""

import pytest

from famus_ext.train.config import DataOptions, OptimizerOptions

TAIL = DataOptions(noise_rate=0.0, num_train=1000, imbalance=20)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_tail_classes_weigh_more(make_trainer, small, seed):
    config = type(small)(data=TAIL, optimizer=OptimizerOptions(), machine=small.machine)
    trainer = make_trainer("mwnet", config=config, seed=seed, sampler="all")
    for _ in range(12):
        record = trainer.train_epoch()
    (weights,) = record.weight_function
    assert weights[0] < weights[10] < weights[20] < weights[40]  # at losses 0, 1, 2 and 4
    assert record.weight_tail > 1.15 * record.weight_head
