"""The kinds of label noise by name."""

from __future__ import annotations

from typing import Literal, get_args

MatrixNoise = Literal["symmetric", "symmetric-excluding", "pairflip", "flip", "flip2", "asymmetric", "hierarchical"]
"""Noise that depends on the class alone. With probability p the label becomes

- `symmetric`: one drawn from all classes, the true one included (MW-Net, FaMUS: "unif"; DivideMix: "sym");
- `symmetric-excluding`: one drawn from the other classes;
- `pairflip`: the next class, (c + 1) mod C (Co-teaching);
- `flip`: another class that was drawn once for each class (MW-Net);
- `flip2`: one of two other classes that were drawn once for each class (MW-Net);
- `asymmetric`: the class that it is taken for, see `Source.confused`; some classes keep their labels (Patrini);
- `hierarchical`: one drawn from the other classes of its superclass, see `Source.superclasses` (GLC, MW-Net)."""

NoiseType = Literal[MatrixNoise, "instance", "file"]
"""`MatrixNoise`; `instance`: depends on the image, see `instance_labels`; `file`: labels that are read from a file."""

MATRIX_NOISE: tuple[MatrixNoise, ...] = get_args(MatrixNoise)
NOISE_TYPES: tuple[NoiseType, ...] = get_args(NoiseType)
