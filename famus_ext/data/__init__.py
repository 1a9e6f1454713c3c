"""Data sets: loading, checking, splitting, long tails, label noise and batches.

- `labelled_set`: what the trainer asks of a set; `labelled`: images in memory; `labelled_files`: image files
- `preparation`: crops and mirror images of those in memory; `recipe`: torchvision's transforms for the others
- `source`: `Source`, a data set as it is published; `sets/`: one a file; `files/`: readers of their files
- `seeding`: independent random streams from one seed; `example_random`: random numbers of one example
- `split`: disjoint training, meta and test sets, the meta set balanced over the classes
- `subset`: a random part of a training set; `per_class`: images by numbers a class
- `long_tail`: class sizes that fall exponentially or by a step
- `noise/`: given labels, by a matrix, by the images or from a file; `meta_set`: where the meta set comes from
- `noisy_data`: the three sets of one experiment; `noisy`: how they are made
- `data_check`: what is wrong with a data set's files; `class_findings`: with its labels; `finding`: in what words
- `batches`: random batches as indices

Nothing here knows the engine, the samplers or the networks.
"""

from famus_ext.data.batches import epoch_batches, meta_batch
from famus_ext.data.data_check import DataReport, SetReport, check_source, shared_names
from famus_ext.data.labelled_files import LabelledFiles
from famus_ext.data.labelled_images import LabelledImages
from famus_ext.data.labelled_set import LabelledSet
from famus_ext.data.long_tail import TAIL_PROFILES, TailProfile, class_sizes, long_tail_indices
from famus_ext.data.meta_set import META_SETS, MetaSet
from famus_ext.data.noise.instance import instance_labels
from famus_ext.data.noise.kinds import MATRIX_NOISE, NOISE_TYPES, MatrixNoise, NoiseType
from famus_ext.data.noise.label_files import read_labels, saved_labels
from famus_ext.data.noise.transition import corrupt, expected_noise_rate, transition_matrix
from famus_ext.data.noisy import make_noisy
from famus_ext.data.noisy_data import NoisyData
from famus_ext.data.preparation import Preparation
from famus_ext.data.recipe import Recipe
from famus_ext.data.seeding import generator
from famus_ext.data.sets.digits import load_digits
from famus_ext.data.sets.fashion_mnist import FASHION_CLASSES, load_fashion_mnist
from famus_ext.data.source import Source
from famus_ext.data.split import Split, split_indices
from famus_ext.data.subset import subset_indices

__all__ = [
    "FASHION_CLASSES",
    "MATRIX_NOISE",
    "META_SETS",
    "NOISE_TYPES",
    "TAIL_PROFILES",
    "DataReport",
    "LabelledFiles",
    "LabelledImages",
    "LabelledSet",
    "MatrixNoise",
    "MetaSet",
    "NoiseType",
    "NoisyData",
    "Preparation",
    "Recipe",
    "SetReport",
    "Source",
    "Split",
    "TailProfile",
    "check_source",
    "class_sizes",
    "corrupt",
    "epoch_batches",
    "expected_noise_rate",
    "generator",
    "instance_labels",
    "load_digits",
    "load_fashion_mnist",
    "long_tail_indices",
    "make_noisy",
    "meta_batch",
    "read_labels",
    "saved_labels",
    "shared_names",
    "split_indices",
    "subset_indices",
    "transition_matrix",
]
