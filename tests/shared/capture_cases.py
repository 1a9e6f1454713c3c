"""What a captured step is compared with the step in: samplers, optimizers, meta models, and how."""

import torch

import famus_ext as famus

SAMPLERS = {
    "learned": lambda model: famus.GumbelSampler(model, 2),
    "learned, active credited": lambda model: famus.GumbelSampler(model, 2, credit_inactive=False),
    "random": lambda model: famus.RandomLayers(2),
    "threshold": lambda model: famus.Threshold(0.5),
    "last": lambda model: famus.LastLayers(2),
    "all": lambda model: famus.AllLayers(),
}
OPTIMIZERS = {
    "momentum": lambda parameters: torch.optim.SGD(parameters, lr=0.1, momentum=0.9, weight_decay=1e-3),
    "adam": lambda parameters: torch.optim.Adam(parameters, lr=0.01),
    "adamw": lambda parameters: torch.optim.AdamW(parameters, lr=0.01),
}
META_MODELS = {"mwnet": lambda classes: famus.MWNet(8), "mlc": famus.MLC}


def sampled(name, model):
    """A sampler of this name for the model."""
    return SAMPLERS[name](model)


def run(step, batches):
    """The outputs, under a learning rate that falls from step to step."""
    torch.manual_seed(2)
    outputs = []
    for batch in batches:
        outputs.append(step(*batch))
        for group in step.optimizer.param_groups:
            group["lr"] *= 0.9
    return outputs


def check(eager, captured, batches, **tolerance):
    """The outputs of `eager`, if `captured` gives the same, and leaves the same weights, buffers, θ and η."""
    expected, found = run(eager, batches), run(captured, batches)
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(vars(one), vars(other), **tolerance)
    for part in ("model", "meta_model", "sampler"):
        states = [dict(getattr(step, part).state_dict()) for step in (captured, eager)]
        _check_state(*states, **tolerance)
    return expected


def _check_state(found, expected, **tolerance):
    """Tensors, and what a module keeps beside them."""
    tensors = [{n: v for n, v in state.items() if isinstance(v, torch.Tensor)} for state in (found, expected)]
    torch.testing.assert_close(*tensors, **tolerance)
    assert found.keys() == expected.keys()
