"""The network of a run: its layers in the order of execution, and which of them the sampler chooses from."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

import famus_ext as famus
from famus_ext.data.finding import Finding
from famus_ext.network.layers import Granularity, trainable

BATCH_NORMS = nn.modules.batchnorm._BatchNorm


@dataclass(frozen=True)
class NetworkLayer:
    """One layer.

    Attributes:
        name: Its module's.
        parameters: Entries of its trainable tensors.
        is_candidate: Whether the sampler may keep its meta gradient.
        share: Its part of a forward pass' products; None where they were not counted.
    """

    name: str
    parameters: int
    is_candidate: bool
    share: float | None


@dataclass(frozen=True)
class Network:
    """A network.

    Attributes:
        name: As the option has it.
        trained: Entries of its trainable parameters.
        frozen: Entries of the others.
        layers: Those that are gated, in the order of execution.
        frozen_layers: Names of the modules whose own parameters are all frozen.
    """

    name: str
    trained: int
    frozen: int
    layers: tuple[NetworkLayer, ...]
    frozen_layers: tuple[str, ...] = ()


def network_of(
    name: str, model: nn.Module, sampler: famus.Sampler | None, x: Tensor, shares: dict[str, float]
) -> Network:
    """Describes a network.

    Args:
        name: What it is called.
        model: The network.
        sampler: Of its layers; None for plain training, which keeps the meta gradient of none.
        x: A few images, for the order of execution.
        shares: Each module's part of a forward pass.
    """
    found = famus.layers(model) if sampler is None else sampler.layers_of(model)
    kept = set() if sampler is None else {found[place].name for place in sampler.candidates(found)}
    tensors = trainable(model)
    ordered = famus.layers(model, granularity=_granularity(found), example=x)
    gated = {layer.name for layer in found}
    layers = tuple(
        NetworkLayer(
            layer.name,
            sum(tensors[name].numel() for name in layer.parameters),
            layer.name in kept,
            shares.get(layer.name),
        )
        for layer in ordered
        if layer.name in gated
    )
    trained = sum(tensor.numel() for tensor in tensors.values())
    frozen = sum(parameter.numel() for parameter in model.parameters()) - trained
    return Network(name, trained, frozen, layers, _frozen(model))


def output_findings(name: str, model: nn.Module, x: Tensor, num_classes: int) -> list[Finding]:
    """Whether the network has an output a class.

    Args:
        name: What it is called.
        model: The network; buffers and mode are left as they were.
        x: A few images.
        num_classes: C.
    """
    training = model.training
    with torch.no_grad():
        logits = model.eval()(x)
    model.train(training)
    shape = tuple(getattr(logits, "logits", logits).shape)
    if shape == (len(x), num_classes):
        return []
    return [
        Finding(
            f"{name}: expected {num_classes} outputs an image, one a class, got the shape {shape} of {len(x)} images",
            f"Let the callable take num_classes and end in a layer of so many outputs, here {num_classes}.",
        )
    ]


def batch_findings(model: nn.Module, sizes: dict[str, int]) -> list[Finding]:
    """Whether batch normalisation gets a batch to speak of.

    Args:
        model: The network.
        sizes: Of the smallest batch that it is given, by the option that decides it.
    """
    norms = [name for name, module in model.named_modules() if isinstance(module, BATCH_NORMS)]
    return [
        Finding(
            f"{option} leaves batches of one image, and the network has batch normalisation, {norms[0]} say",
            f"Take a larger {option}, fewer --micro-batches, or a network without batch normalisation.",
        )
        for option, size in sizes.items()
        if norms and size == 1
    ]


def _frozen(model: nn.Module) -> tuple[str, ...]:
    """Names of the modules that own parameters, none of them trainable."""
    own = {name: list(module.parameters(recurse=False)) for name, module in model.named_modules()}
    return tuple(name for name, found in own.items() if found and not any(one.requires_grad for one in found))


def _granularity(found: tuple[famus.Layer, ...]) -> Granularity:
    """Whether the layers are single tensors."""
    return "tensor" if all(layer.parameters == (layer.name,) for layer in found) else "module"
