"""From options to objects, and what is refused on the way."""

import pytest
import torch
from torch import nn

import famus_ext
from famus_ext.train.assembly.data import make_data
from famus_ext.train.assembly.loss import begin_epoch, make_loss
from famus_ext.train.assembly.meta_model import make_meta_model
from famus_ext.train.assembly.network import make_network
from famus_ext.train.assembly.optimizer import learning_rate
from famus_ext.train.assembly.sampler import make_sampler
from famus_ext.train.config import Config, DataOptions, MetaModelOptions, OptimizerOptions, SamplerOptions
from famus_ext.train.options.check import OptionError

SIZES = torch.tensor([50, 40, 5])


class OneChannel(nn.Linear):
    """A network by import path: it takes `num_classes` alone."""

    def __init__(self, num_classes):
        super().__init__(64, num_classes)

    def forward(self, images):
        return super().forward(images.flatten(1))


def digits_network():
    config = Config()
    return make_network(config, make_data(config.data, 0))


def test_learning_rate_is_divided_by_ten_after_each_milestone():
    options = OptimizerOptions(lr=0.5, lr_milestones=(2, 3))
    rates = [learning_rate(options, epoch) for epoch in range(5)]
    assert rates == pytest.approx([0.5, 0.5, 0.05, 0.005, 0.005])


@pytest.mark.parametrize(
    ("options", "kind"),
    [
        (SamplerOptions(sampler="all"), famus_ext.AllLayers),
        (SamplerOptions(sampler="last"), famus_ext.LastLayers),
        (SamplerOptions(sampler="block", block="conv2"), famus_ext.Block),
        (SamplerOptions(sampler="random", random_layers=2), famus_ext.RandomLayers),
        (SamplerOptions(sampler="threshold"), famus_ext.Threshold),
        (SamplerOptions(sampler="gumbel"), famus_ext.GumbelSampler),
        (SamplerOptions(sampler="gumbel", gumbel_variant="released"), famus_ext.GumbelSampler),
    ],
)
def test_samplers_by_name(options, kind):
    assert isinstance(make_sampler(options, digits_network(), seed=0), kind)


def test_candidates_and_variant_reach_the_sampler():
    model = digits_network()
    options = SamplerOptions(gumbel_variant="released", candidates=3, expected_layers=1.0)
    sampler = make_sampler(options, model, seed=0)
    assert len(sampler.layers) == 6  # tensors
    assert list(sampler.candidates(sampler.layers)) == [3, 4, 5]


def test_random_layers_follow_from_the_seed():
    model = digits_network()
    draws = []
    for seed in (0, 0, 1):
        sampler = make_sampler(SamplerOptions(sampler="random"), model, seed)
        found = sampler.layers_of(model)
        draws.append([sampler(found, []).tolist() for _ in range(8)])
    assert draws[0] == draws[1] != draws[2]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (SamplerOptions(expected_layers=3.5), r"--expected-layers: expected a number in \(0, 3\]"),
        (SamplerOptions(sampler="last", last_layers=4), "--last-layers: expected at most 3"),
        (SamplerOptions(sampler="random", random_layers=4), "--random-layers: expected at most 3"),
        (
            SamplerOptions(sampler="block", block="7"),
            "--block: expected the number of one of the model's blocks, got 7",
        ),
        (SamplerOptions(sampler="block", block="nowhere"), "--block: no trainable layer in the block 'nowhere'"),
    ],
)
def test_layers_that_are_not_there_are_refused(options, message):
    with pytest.raises(OptionError, match=message):
        make_sampler(options, digits_network(), seed=0)


@pytest.mark.parametrize(
    ("options", "kind"),
    [
        (MetaModelOptions(method="mwnet"), famus_ext.MWNet),
        (MetaModelOptions(method="l2r"), famus_ext.L2R),
        (MetaModelOptions(method="mlc"), famus_ext.MLC),
        (MetaModelOptions(method="label-correction"), famus_ext.LabelCorrection),
    ],
)
def test_meta_models_by_name(options, kind):
    assert isinstance(make_meta_model(options, famus_ext.cross_entropy, SIZES), kind)


def test_mwnet_takes_its_loss_groups_and_normalisation():
    options = MetaModelOptions(method="mwnet", loss="focal", class_groups=2, normalised=True)
    meta_model = make_meta_model(options, make_loss(options, SIZES), SIZES)
    assert isinstance(meta_model.loss, famus_ext.FocalLoss)
    assert (meta_model.class_groups.tolist(), meta_model.normalised) == ([1, 1, 0], True)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("focal", famus_ext.FocalLoss),
        ("class-balanced", famus_ext.ClassBalancedLoss),
        ("ldam", famus_ext.LDAMLoss),
        ("ldam-drw", famus_ext.DeferredReweighting),
    ],
)
def test_losses_by_name(name, kind):
    assert isinstance(make_loss(MetaModelOptions(loss=name), SIZES), kind)
    assert make_loss(MetaModelOptions(), SIZES) is famus_ext.cross_entropy


def test_deferred_reweighting_starts_with_its_epoch():
    loss = make_loss(MetaModelOptions(loss="ldam-drw", drw_start=2), SIZES)
    logits, targets = torch.zeros(2, 3), torch.tensor([0, 2])
    losses = []
    for epoch in (1, 2):
        begin_epoch(loss, epoch)
        losses.append(loss(logits, targets))
    plain = make_loss(MetaModelOptions(loss="ldam"), SIZES)(logits, targets)
    assert torch.equal(losses[0], plain)
    assert losses[1][0] < plain[0]
    assert losses[1][1] > plain[1]


@pytest.mark.parametrize("name", ["class-balanced", "ldam", "ldam-drw"])
def test_loss_by_class_sizes_needs_an_example_of_every_class(name):
    with pytest.raises(OptionError, match=f"--loss {name}: class_sizes"):
        make_loss(MetaModelOptions(loss=name), torch.tensor([4, 0]))


def test_networks_by_name_and_by_import_path():
    data = make_data(DataOptions(), 0)
    wide = make_network(Config(optimizer=OptimizerOptions(network="wrn-10-1")), data)
    assert wide.stem.in_channels == 1  # the images are grey
    path = f"{__name__}:OneChannel"
    assert isinstance(make_network(Config(optimizer=OptimizerOptions(network=path)), data), nn.Linear)


@pytest.mark.parametrize(
    ("network", "message"),
    [
        ("wide", "--network: expected one of wrn-28-10"),
        ("nowhere_at_all:Net", "--network: the module of nowhere_at_all:Net cannot be imported"),
        ("torch.nn:Identity2", "--network: expected a callable of torch.nn"),
        ("torch.nn:ReLU", "--network torch.nn:ReLU: "),
    ],
)
def test_network_that_cannot_be_had_is_refused(network, message):
    with pytest.raises(OptionError, match=message):
        make_network(Config(optimizer=OptimizerOptions(network=network)), make_data(DataOptions(), 0))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            DataOptions(dataset="fashion-mnist", data_path="nowhere"),
            "--dataset fashion-mnist: Fashion-MNIST is not there",
        ),
        (DataOptions(num_train=5000), r"--num-train: expected a number in \[1, 1197\]"),
        (DataOptions(imbalance=1e6), "--imbalance: 1e.06 leaves the last class without an image"),
    ],
)
def test_data_that_cannot_be_had_is_refused(options, message):
    with pytest.raises(OptionError, match=message):
        make_data(options, 0)


def test_long_tail_reaches_the_data():
    sizes = make_data(DataOptions(num_train=1000, imbalance=10, noise_rate=0.0), 0).train.class_sizes
    assert (sizes[0], sizes[-1]) == (100, 10)
    steps = make_data(DataOptions(num_train=1000, imbalance=0.1, tail_profile="step", noise_rate=0.0), 0)
    assert steps.train.class_sizes.tolist() == [100] * 5 + [10] * 5
