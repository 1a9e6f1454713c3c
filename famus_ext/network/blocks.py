"""The blocks of a network, numbered as the paper numbers residual blocks (FaMUS, Table 4)."""

from __future__ import annotations

from collections.abc import Iterable

from torch import nn

CONTAINERS = (nn.Sequential, nn.ModuleList, nn.ModuleDict)


def blocks(model: nn.Module) -> tuple[str, ...]:
    """List the blocks b = 1..B of a network: what it repeats, a residual or a transformer block say.

    A block is an entry of a `Sequential`, `ModuleList` or `ModuleDict` (or of a subclass) that is no such container
    itself and holds the parameters of at least two modules, frozen ones included, so that freezing a block does not
    renumber the others. What lies inside a block is part of it. A network that holds its blocks in other ways (as
    attributes of a module) has none that this finds, and one that is wrapped in a `Sequential` as a whole is one block.

    Args:
        model: Any network.

    Returns:
        The qualified names of the blocks, in the order of registration: `blocks(model)[b - 1]` is block b.

    Raises:
        TypeError: `model` is not a module.
    """
    if not isinstance(model, nn.Module):
        raise TypeError(f"model: expected a torch.nn.Module, got {type(model).__name__}")
    # A reparametrised module holds its parameters in modules of their own and is one all the same.
    owners = {name.rpartition(".")[0].partition(".parametrizations.")[0] for name, _ in model.named_parameters()}
    containers = {name for name, module in model.named_modules() if isinstance(module, CONTAINERS)}
    found: list[str] = []
    for name, _ in model.named_modules():
        entry = name not in containers and name.rpartition(".")[0] in containers
        # A module comes right before what is inside it.
        if entry and not (found and at_or_below([name], found[-1])) and len(at_or_below(owners, name)) >= 2:
            found.append(name)
    return tuple(found)


def at_or_below(names: Iterable[str], module: str) -> list[int]:
    """Positions of the qualified names that are a module's or of something inside it: "1" is not "10"."""
    return [i for i, name in enumerate(names) if f"{name}.".startswith(f"{module}.")]
