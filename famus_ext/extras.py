"""Packages beyond torch and numpy: what each optional extra brings, by the name that it is imported by."""

from __future__ import annotations

import importlib.util

EXTRAS = {
    "train": ("filelock", "jinja2", "matplotlib", "PIL", "sklearn", "torchvision", "tqdm", "tyro", "yaml"),
    "tensorboard": ("tensorboard",),
}
"""Extra -> the modules of its packages."""


def missing_of(extra: str) -> tuple[str, ...]:
    """The modules of an extra that are not installed."""
    return tuple(module for module in EXTRAS[extra] if importlib.util.find_spec(module) is None)
