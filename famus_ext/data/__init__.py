"""Data sets as tensors: loading, splitting, label noise and batches.

- `labelled`: `LabelledImages`, images and labels as two tensors
- `digits`: scikit-learn's 8x8 digits, which need no download
- `seeding`: independent random streams from one seed
- `split`: disjoint training, meta and test sets, the meta set balanced over the classes
- `noise`: transition matrices by name, and labels drawn from them
- `noisy`: `NoisyData`, the three sets of one experiment, and how they are made
- `batches`: random batches as indices

Nothing here knows the engine, the samplers or the networks.
"""

from famus_ext.data.batches import epoch_batches, meta_batch
from famus_ext.data.digits import load_digits
from famus_ext.data.labelled import LabelledImages
from famus_ext.data.noise import NOISE_TYPES, NoiseType, corrupt, expected_noise_rate, transition_matrix
from famus_ext.data.noisy import NoisyData, make_noisy
from famus_ext.data.seeding import generator
from famus_ext.data.split import Split, split_indices

__all__ = [
    "NOISE_TYPES",
    "LabelledImages",
    "NoiseType",
    "NoisyData",
    "Split",
    "corrupt",
    "epoch_batches",
    "expected_noise_rate",
    "generator",
    "load_digits",
    "make_noisy",
    "meta_batch",
    "split_indices",
    "transition_matrix",
]
