"""Options: the pseudo-clean meta set."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from famus_ext.train.options.check import OptionError, require, require_not_negative, require_positive
from famus_ext.train.options.meta_model import MetaModelOptions


@dataclass(frozen=True)
class PseudoCleanOptions:
    """Two networks that divide the training set for each other: options of --meta-set pseudo-clean (FaMUS, Alg. 2)."""

    warmup_epochs: int = 10
    """Epochs of plain cross-entropy before the first division, of --epochs; the released script has 30 for CNWL."""
    p_threshold: float = 0.5
    """Probability of a right label above which an example counts as labelled; the others count as unlabelled."""
    meta_threshold: float = 0.5
    """The same, for the meta set."""
    temperature: float = 0.5
    """T of the targets' sharpening; 1 is none."""
    alpha: float = 4.0
    """MixUp's α, which draws the ratio from Beta(α, α)."""
    lambda_u: float = 50.0
    """Largest weight λ_u of the unlabelled examples' loss; for few epochs 5, the paper's is 100 at 80 % noise."""
    ramp_epochs: float = 16.0
    """Epochs after the warm-up over which λ_u grows to that."""

    def __post_init__(self) -> None:
        require(self.warmup_epochs >= 1, "--warmup-epochs", "at least 1", self.warmup_epochs)
        for option, value in (("--p-threshold", self.p_threshold), ("--meta-threshold", self.meta_threshold)):
            require(0.0 <= value < 1.0, option, "a number in [0, 1)", value)
        require_positive("--temperature", self.temperature)
        require_positive("--alpha", self.alpha)
        require_not_negative("--lambda-u", self.lambda_u)
        require_not_negative("--ramp-epochs", self.ramp_epochs)


def check_pseudo_clean(options: PseudoCleanOptions, meta_model: MetaModelOptions, *, asked: bool, epochs: int) -> None:
    """Checks that these options go together with those of other groups.

    Args:
        options: These.
        meta_model: The meta model's.
        asked: Whether the meta set is to be pseudo-clean.
        epochs: Those of the experiment.

    Raises:
        OptionError: when they do not.
    """
    if not asked:
        usual = asdict(PseudoCleanOptions())
        for name, value in asdict(options).items():
            option = f"--{name.replace('_', '-')}"
            require(value == usual[name], option, "none without --meta-set pseudo-clean", value)
        return
    together = "with --meta-set pseudo-clean"
    # ce looks at no meta set: the same training images, trained plainly.
    require(meta_model.method in ("mwnet", "ce"), "--method", f"mwnet or ce {together}", meta_model.method)
    require(meta_model.loss == "cross-entropy", "--loss", f"cross-entropy {together}", meta_model.loss)
    require(
        meta_model.class_groups == 1, "--class-groups", f"1 {together}, whose targets are soft", meta_model.class_groups
    )
    require(not meta_model.normalised, "--normalised", f"none {together}, whose weights always are", "it")
    given = meta_model.example_weights
    require(given is None, "--example-weights", f"none {together}", given)
    other = meta_model.meta_model_from
    require(other is None, "--meta-model-from", f"none {together}", other)
    if meta_model.method != "ce" and options.warmup_epochs >= epochs:
        raise OptionError(f"--warmup-epochs: expected fewer than --epochs {epochs}, got {options.warmup_epochs}")
