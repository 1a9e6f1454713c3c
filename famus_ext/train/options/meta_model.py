"""Options: meta model, and the loss of each example."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from famus_ext.meta_models.loss_correction import SMALLEST_FLOOR
from famus_ext.train.options.check import OptionError, require, require_count, require_not_negative, require_positive
from famus_ext.train.options.shown import left_open

Method = Literal["ce", "mwnet", "l2r", "mlc", "label-correction"]
Loss = Literal["cross-entropy", "focal", "class-balanced", "ldam", "ldam-drw"]

META_LR = 0.03
MLC_LR = 0.3  # T has few entries and small gradients
WEIGHTING: tuple[Method, ...] = ("mwnet", "l2r")
"""Methods that learn a weight for each example; the others correct labels."""


@dataclass(frozen=True)
class MetaModelOptions:
    """What learns which examples to trust, and the loss of each example."""

    method: Method = "l2r"
    """What is learned: nothing (ce), weights (mwnet, l2r), a transition matrix (mlc) or labels (label-correction)."""
    loss: Loss = "cross-entropy"
    """Loss of each training example; mlc and label-correction take cross-entropy alone."""
    example_weights: Annotated[str | None, left_open("FILE.csv", "none")] = None
    """Weights of your own, columns index (or name) and weight, that multiply the examples' losses."""
    drw_start: int = 0
    """Epoch (from 0) from which ldam-drw weights the classes."""
    normalised: bool = False
    """Divide MW-Net's weights of a batch by their sum, as FaMUS's released code does; L2R's always are."""
    class_groups: int = 1
    """Weight functions that mwnet learns, each for classes of similar size (CMW-Net)."""
    mlc_floor: float = 0.1
    """Least probability that mlc corrects; with almost none it is unstable once the network is sure."""
    meta_batch_size: int = 100
    """Meta images a step; all of them where there are fewer."""
    meta_lr: Annotated[float | None, left_open("FLOAT", "0.03, of mlc 0.3")] = None
    """Learning rate of the meta model (SGD); l2r has none. The paper's 1e-3 is for far longer runs."""
    meta_model_from: Annotated[str | None, left_open("RUN", "a fresh one")] = None
    """Finished run of the same method whose learned meta model this one begins with; --meta-lr 0 keeps it."""

    def __post_init__(self) -> None:
        require_not_negative("--drw-start", self.drw_start)
        require_count("--class-groups", self.class_groups)
        require(
            SMALLEST_FLOOR <= self.mlc_floor < 1.0, "--mlc-floor", f"a number in [{SMALLEST_FLOOR}, 1)", self.mlc_floor
        )
        require_count("--meta-batch-size", self.meta_batch_size)
        if self.meta_model_from is None:
            require_positive("--meta-lr", self.meta_lr)
        else:
            require_not_negative("--meta-lr", self.meta_lr)
            lasting = ("mwnet", "mlc", "label-correction")
            require(self.method in lasting, "--meta-model-from", f"--method {', '.join(lasting)}", self.method)
        if self.method not in ("ce", *WEIGHTING) and self.loss != "cross-entropy":
            raise OptionError(f"--loss {self.loss}: not with --method {self.method}, which corrects the cross-entropy")
        for option, given in (("--normalised", self.normalised), ("--class-groups", self.class_groups > 1)):
            if given and self.method != "mwnet":
                raise OptionError(f"{option}: an option of --method mwnet, got --method {self.method}")
        given = self.example_weights is not None
        if given and (self.method not in ("ce", *WEIGHTING) or self.class_groups > 1):
            raise OptionError("--example-weights: not with --method mlc or label-correction, nor with --class-groups")
        if self.drw_start and self.loss != "ldam-drw":
            raise OptionError(f"--drw-start: an option of --loss ldam-drw, got --loss {self.loss}")

    @property
    def theta_lr(self) -> float:
        """The learning rate of θ: the one asked for, or the method's."""
        if self.meta_lr is not None:
            return self.meta_lr
        return MLC_LR if self.method == "mlc" else META_LR

    @property
    def weights_sum_to_one(self) -> bool:
        """Whether the weights of a batch sum to 1; otherwise their mean is 1 in plain training."""
        return self.method == "l2r" or self.normalised
