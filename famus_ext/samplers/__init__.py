"""Samplers: which layers' meta gradients are kept, r_l ∈ {0, 1} (FaMUS, Eq. 8 and 9).

A sampler is a module that maps the pooled gradients ḡ_l of all layers to gates r [L]. Its `candidates` are the layers
whose gate can be 1; nothing below the lowest of them is ever differentiated in the meta pass.

    sampler.py          the protocol, and the base of them all
    fixed.py block.py   gates that the network's layers alone decide
    random_layers.py    layers drawn anew every step
    threshold.py        the layers with the largest gradients
    gumbel.py           the paper's: gates that learn
        gate_network.py   Γ, their networks
        variants.py       where the authors' released code differs from the paper
    selection.py        ways to name some of a network's layers

A sampler of one's own gives the candidates, and the gates too where the layers alone do not decide them:

    >>> import torch
    >>> from famus_ext.samplers import Sampler
    >>> class EveryOther(Sampler):
    ...     '''The odd layers in one step, the even ones in the next.'''
    ...
    ...     step = 0
    ...
    ...     def candidates(self, found):
    ...         return range(len(found))
    ...
    ...     def forward(self, found, pooled):
    ...         self.step += self.training
    ...         return (torch.arange(len(found)) + self.step) % 2
    >>> sampler = EveryOther()
    >>> sampler(range(5), []).tolist(), sampler(range(5), []).tolist()
    ([1, 0, 1, 0, 1], [0, 1, 0, 1, 0])
"""

from famus_ext.samplers.block import Block
from famus_ext.samplers.fixed import AllLayers, LastLayers
from famus_ext.samplers.gumbel import GumbelSampler
from famus_ext.samplers.random_layers import RandomLayers
from famus_ext.samplers.sampler import Sampler
from famus_ext.samplers.threshold import Threshold

__all__ = ["AllLayers", "Block", "GumbelSampler", "LastLayers", "RandomLayers", "Sampler", "Threshold"]
