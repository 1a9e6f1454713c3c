"""The ops and their rivals, a file an op."""

from collections.abc import Callable, Iterator

from contenders import (
    gradient_dots,
    gumbel_gates,
    layer_dots,
    norm_pushforward,
    pairwise_gradient_dots,
    virtual_step,
)
from contenders.case import Case
from contenders.network import Network

CASES: dict[str, Callable[[Network], Iterator[Case]]] = {
    "virtual_step": virtual_step.cases,
    "layer_dots": layer_dots.cases,
    "gumbel_gates": gumbel_gates.cases,
    "norm_pushforward": norm_pushforward.cases,
    "gradient_dots": gradient_dots.cases,
    "pairwise_gradient_dots": pairwise_gradient_dots.cases,
}

__all__ = ["CASES", "Case", "Network"]
