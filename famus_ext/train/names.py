"""What methods and data are called in tables and pictures."""

from __future__ import annotations

from pathlib import Path

from famus_ext.train.config import Config
from famus_ext.train.options.data import OWN_IMAGES
from famus_ext.train.options.meta_model import Method

LOSS_NAMES = {
    "cross-entropy": "cross-entropy",
    "focal": "focal loss",
    "class-balanced": "class-balanced loss",
    "ldam": "LDAM",
    "ldam-drw": "LDAM-DRW",
}
METHOD_NAMES = {"mwnet": "MW-Net", "l2r": "L2R", "mlc": "MLC", "label-correction": "label correction"}


def method_name(config: Config, method: Method) -> str:
    """A method, with its loss, its layers and its schedule where they are not the usual ones."""
    loss = LOSS_NAMES[config.meta_model.loss]
    if method == "ce":
        return f"plain {loss}{', own weights' if config.meta_model.example_weights else ''}"
    name = METHOD_NAMES[method] if config.meta_model.class_groups == 1 else "CMW-Net"
    parts = [f"{name} + FaMUS" if config.sampler.sampler == "gumbel" else name]
    parts += ["pseudo-clean"] if config.data.meta_set == "pseudo-clean" else []
    parts += [loss] if config.meta_model.loss != "cross-entropy" else []
    parts += ["own weights"] if config.meta_model.example_weights else []
    parts += ["meta model of another run"] if config.meta_model.meta_model_from else []
    parts += [_layers(config)] if config.sampler.sampler != "gumbel" else []
    parts += ["merged schedule"] if config.schedule.schedule == "merged" else []
    return ", ".join(parts)


def data_name(config: Config, wrong: float | None) -> str:
    """The data set, of one's own images their folder or file, its tail and its noise in a few words.

    Args:
        config: The options.
        wrong: Share of the training labels that are wrong; None where nobody knows.
    """
    data = config.data
    own = Path(data.data_path or "").name if data.dataset in OWN_IMAGES else ""
    parts: list[str] = [own or data.dataset]
    if data.imbalance is not None:
        parts.append(f"long tail {max(data.imbalance, 1 / data.imbalance):g} to 1")
    noise_type, noise_rate = data.noise
    if noise_rate:
        share = "" if wrong is None else f" ({_percent(wrong)} of the labels wrong)"
        parts.append(f"{_percent(noise_rate)} {noise_type} noise{share}")
    elif noise_type == "file":
        parts.append("labels from a file" if wrong is None else f"labels from a file ({_percent(wrong)} of them wrong)")
    return ", ".join(parts)


def _percent(share: float) -> str:
    """A share as readers see it: 60 %."""
    return f"{100 * share:.0f} %"


def seeds_name(config: Config) -> str:
    """The seeds, counted where there are several."""
    return f"{len(config.seeds)} seeds" if len(config.seeds) > 1 else f"seed {config.seeds[0]}"


def _layers(config: Config) -> str:
    """The layers that a fixed sampler keeps."""
    options = config.sampler
    return {
        "all": "every layer",
        "last": f"last {options.last_layers}",
        "block": f"block {options.block}",
        "random": f"{options.random_layers} random",
        "threshold": f"threshold {options.threshold_share:g}",
    }[options.sampler]
