"""Samplers: which layers' meta gradients are kept, r_l ∈ {0, 1} (FaMUS, Eq. 8 and 9).

A sampler is a module that maps the pooled gradients ḡ_l of all layers to gates r [L]. Its `candidates` are the layers
whose gate can be 1; nothing below the lowest of them is ever differentiated in the meta pass.
"""

from famus_ext.samplers.fixed import AllLayers, Block, LastLayers
from famus_ext.samplers.gumbel import GumbelSampler
from famus_ext.samplers.sampler import Sampler

__all__ = ["AllLayers", "Block", "GumbelSampler", "LastLayers", "Sampler"]
