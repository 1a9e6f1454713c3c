"""Data sets as tensors: loading, splitting, long tails, label noise and batches.

- `labelled`: `LabelledImages`, images and labels as two tensors
- `source`: `Source`, a clean data set with its own test set or without one
- `digits`: scikit-learn's 8x8 digits, which need no download
- `fashion_mnist`: Fashion-MNIST in its published form; `idx`: that form's files
- `seeding`: independent random streams from one seed
- `split`: disjoint training, meta and test sets, the meta set balanced over the classes
- `subset`: a random part of a training set; `per_class`: images by numbers a class
- `long_tail`: class sizes that fall exponentially or by a step
- `noise`: transition matrices by name, and labels drawn from them
- `noisy`: `NoisyData`, the three sets of one experiment, and how they are made
- `batches`: random batches as indices

Nothing here knows the engine, the samplers or the networks.
"""

from famus_ext.data.batches import epoch_batches, meta_batch
from famus_ext.data.digits import load_digits
from famus_ext.data.fashion_mnist import FASHION_CLASSES, load_fashion_mnist
from famus_ext.data.labelled import LabelledImages
from famus_ext.data.long_tail import TAIL_PROFILES, TailProfile, class_sizes, long_tail_indices
from famus_ext.data.noise import NOISE_TYPES, NoiseType, corrupt, expected_noise_rate, transition_matrix
from famus_ext.data.noisy import NoisyData, make_noisy
from famus_ext.data.seeding import generator
from famus_ext.data.source import Source
from famus_ext.data.split import Split, split_indices
from famus_ext.data.subset import subset_indices

__all__ = [
    "FASHION_CLASSES",
    "NOISE_TYPES",
    "TAIL_PROFILES",
    "LabelledImages",
    "NoiseType",
    "NoisyData",
    "Source",
    "Split",
    "TailProfile",
    "class_sizes",
    "corrupt",
    "epoch_batches",
    "expected_noise_rate",
    "generator",
    "load_digits",
    "load_fashion_mnist",
    "long_tail_indices",
    "make_noisy",
    "meta_batch",
    "split_indices",
    "subset_indices",
    "transition_matrix",
]
