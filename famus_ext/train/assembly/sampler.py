"""The gradient sampler by its name. A new one is a branch here."""

from __future__ import annotations

import re

from torch import nn

import famus_ext as famus
from famus_ext.data.seeding import stream_seed
from famus_ext.train.options.check import naming_options, require
from famus_ext.train.options.sampler import SamplerOptions

ARGUMENTS = {"expected_layers": "--expected-layers", "candidates": "--candidates", "block": "--block"}


def make_sampler(options: SamplerOptions, model: nn.Module, seed: int) -> famus.Sampler:
    """The gradient sampler that the options name.

    Args:
        options: Its name and numbers.
        model: The network.
        seed: Decides which layers a random sampler draws.

    Raises:
        OptionError: when it is asked for more layers than the network has, or for a block that it has not.
    """
    num_layers = len(famus.layers(model))
    if options.sampler == "last":
        _check_layers("--last-layers", options.last_layers, num_layers)
        return famus.LastLayers(options.last_layers)
    if options.sampler == "random":
        _check_layers("--random-layers", options.random_layers, num_layers)
        return famus.RandomLayers(options.random_layers, seed=stream_seed(seed, "random layers"))
    if options.sampler == "threshold":
        return famus.Threshold(options.threshold_share)
    with naming_options(ARGUMENTS, f"--sampler {options.sampler}"):
        if options.sampler == "block":
            block = famus.Block(_name_or_number(options.block))
            block.candidates(block.layers_of(model))  # a block that is not there is found only when it is looked up
            return block
        if options.sampler == "gumbel":
            return famus.GumbelSampler(
                model, options.expected_layers, candidates=options.candidates, variant=options.gumbel_variant
            )
    return famus.AllLayers()


def _name_or_number(block: str) -> str | int:
    """A block as the sampler takes it."""
    return int(block) if re.fullmatch(r"-?\d+", block) else block


def _check_layers(option: str, wanted: int, num_layers: int) -> None:
    require(wanted <= num_layers, option, f"at most {num_layers}, the network's layers", wanted)
