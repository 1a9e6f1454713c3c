"""Every wrong argument raises at once, with its name, what was expected and what came."""

import pytest
import torch
from torch import nn

import famus_ext as famus


def good():
    """Arguments that work."""
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3))
    return {
        "model": model,
        "meta_model": famus.MWNet(8),
        "batch": (torch.randn(6, 4), torch.randint(0, 3, (6,))),
        "meta_batch": (torch.randn(5, 4), torch.randint(0, 3, (5,))),
        "lr": 0.1,
    }


def call(**changes):
    arguments = {**good(), **changes}
    return famus.sampled_meta_grad(**arguments)


X, Y = good()["batch"]
FROZEN = nn.Linear(4, 3).requires_grad_(False)
OTHER = nn.Sequential(nn.Linear(4, 9), nn.ReLU(), nn.Linear(9, 3))


class ReturnsPair(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Linear(4, 3)

    def forward(self, x):
        return self.body(x), None


class Argmax(nn.Linear):
    def __init__(self):
        super().__init__(4, 3)

    def forward(self, x):
        return super().forward(x).argmax(1)


class BadMeta(nn.Module):
    def __init__(self, value):
        super().__init__()
        self.theta, self.value = nn.Parameter(torch.ones(())), value

    def forward(self, logits, targets):
        return self.value(logits, self.theta)


# name -> (changes, error, message)
CASES = {
    "model is no module": ({"model": torch.nn.functional.relu}, TypeError, "model: expected a torch.nn.Module"),
    "model without parameters": ({"model": nn.ReLU()}, ValueError, "model: expected at least one parameter"),
    "model all frozen": ({"model": FROZEN}, ValueError, "model: expected at least one parameter"),
    "model returns a pair": (
        {"model": ReturnsPair()},
        TypeError,
        "model: expected floating-point logits.*got tuple; wrap",
    ),
    "model returns integers": (
        {"model": Argmax()},
        TypeError,
        "model: expected floating-point logits.*int64",
    ),
    "meta model is no module": ({"meta_model": lambda z, y: z}, TypeError, "meta_model: expected a torch.nn.Module"),
    "meta model without parameters": ({"meta_model": nn.Identity()}, ValueError, "meta_model: expected at least one"),
    "meta model returns a vector": (
        {"meta_model": BadMeta(lambda z, t: z.sum(1) * t)},
        ValueError,
        "expected a 0-d loss",
    ),
    "meta model returns a pair": ({"meta_model": BadMeta(lambda z, t: (z, t))}, TypeError, "expected a TrainingLoss"),
    "meta model ignores the logits": (
        {"meta_model": BadMeta(lambda z, t: t * 2)},
        ValueError,
        "does not depend on the logits",
    ),
    "meta model ignores θ": (
        {"meta_model": BadMeta(lambda z, t: z.sum() + t)},
        ValueError,
        "does not depend on its param",
    ),
    "inputs are an array": ({"batch": (X.numpy(), Y)}, TypeError, "x: expected a tensor, or several .*, got ndarray"),
    "no meta inputs": ({"meta_batch": (None, None)}, TypeError, "x_meta: expected a tensor, .*, got NoneType"),
    "batch is no pair": ({"batch": X}, TypeError, "batch: expected a pair"),
    "batch of three": ({"batch": (X, Y, Y)}, TypeError, "batch: expected a pair"),
    "empty batch": ({"batch": (X[:0], Y[:0])}, ValueError, r"x: expected at least one example, got shape \[0, 4\]"),
    "empty meta batch": ({"meta_batch": (X[:0], Y[:0])}, ValueError, "x_meta: expected at least one example"),
    "fewer targets": ({"batch": (X, Y[:4])}, ValueError, "y: expected 6 targets.*got 4"),
    "fewer meta targets": ({"meta_batch": (X, Y[:4])}, ValueError, "y_meta: expected 6 targets.*got 4"),
    "label too large": ({"batch": (X, Y + 2)}, ValueError, r"targets: expected class indices in \[0, 3\)"),
    "label negative": ({"meta_batch": (X, Y - 3)}, ValueError, r"targets: expected class indices in \[0, 3\)"),
    "integer labels of another width": ({"batch": (X, Y.int())}, TypeError, "targets: expected int64.*int32"),
    "labels with a column": ({"batch": (X, Y[:, None])}, ValueError, r"targets: expected class indices of shape \[6\]"),
    "soft labels of another width": ({"batch": (X, torch.ones(6, 2))}, ValueError, r"soft labels of shape \[6, 3\]"),
    "integer inputs": (
        {"batch": (X.long(), Y), "meta_batch": (X.long(), Y)},
        TypeError,
        "x: expected the dtype of the model's parameters, torch.float32, got torch.int64",
    ),
    "integer inputs beside others": (
        {"batch": (X.long(), Y)},
        TypeError,
        "x_meta: expected the dtype of x, torch.int",
    ),
    "inputs of two dtypes": ({"meta_batch": (X.double(), Y)}, TypeError, "x_meta: expected the dtype of x"),
    "inputs of another dtype than the model": (
        {"batch": (X.double(), Y), "meta_batch": (X.double(), Y)},
        TypeError,
        "x: expected the dtype of the model's parameters, torch.float32, got torch.float64",
    ),
    "inputs on another device": (
        {"batch": (X.to("meta"), Y)},
        ValueError,
        "x: expected the model's device, cpu, got meta",
    ),
    "meta model on another device": (
        {"meta_model": famus.MWNet(8).to("meta")},
        ValueError,
        "meta_model: expected the model's device, cpu, got meta",
    ),
    "sampler on another device": (
        {"sampler": famus.GumbelSampler(good()["model"], 1).to("meta")},
        ValueError,
        "sampler: expected the model's device, cpu, got meta",
    ),
    "targets on another device": ({"meta_batch": (X, Y.to("meta"))}, ValueError, "y_meta: expected the model's device"),
    "lr negative": ({"lr": -0.1}, ValueError, "lr: expected a"),
    "lr a word": ({"lr": "0.1"}, TypeError, "lr: expected a number, got str"),
    "lr without a name": ({"lr": {"0.weight": 0.1}}, ValueError, "lr: expected a number for each.*is missing"),
    "lr with a foreign name": (
        {"lr": {**dict.fromkeys(dict(good()["model"].named_parameters()), 0.1), "9.bias": 1}},
        ValueError,
        "lr: expected a number for each.*'9.bias' is not one of them",
    ),
    "meta loss is no function": ({"meta_loss": None}, TypeError, "meta_loss: expected a function"),
    "meta loss returns a number": (
        {"meta_loss": lambda z, y: 1.0},
        TypeError,
        "meta_loss: expected a function that",
    ),
    "meta loss is detached": ({"meta_loss": lambda z, y: z.detach()}, ValueError, "meta_loss: .* was it detached"),
    "targets are a list": ({"batch": (X, [0] * 6)}, TypeError, "targets: expected a tensor, got list"),
    "lr not a number": ({"lr": float("nan")}, ValueError, "lr: expected a"),
    "sampler is no sampler": ({"sampler": nn.Identity()}, TypeError, "sampler: expected a famus_ext sampler"),
    "sampler of another model": ({"sampler": famus.GumbelSampler(OTHER, 1)}, ValueError, "sampler: built for a model"),
    "block that is not there": (
        {"sampler": famus.Block("layer9")},
        ValueError,
        "no trainable layer in the block 'layer9'",
    ),
    "engine unknown": ({"engine": "magic"}, ValueError, "engine: expected one of.*'magic'"),
    "lambda_r negative": ({"lambda_r": -1}, ValueError, "lambda_r: expected a number >= 0"),
    "lambda_g infinite": ({"lambda_g": float("inf")}, ValueError, "lambda_g: expected a finite number"),
    "nan in x": ({"batch": (X.clone().fill_(torch.nan), Y)}, famus.NonFiniteError, "the training loss is not finite"),
    "inf in x_meta": ({"meta_batch": (X / 0, Y)}, famus.NonFiniteError, "the meta loss is not finite"),
}


def test_the_arguments_are_good():
    assert call().grads


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("engine", ["pushforward", "double_backward"])
def test_sampled_meta_grad(name, engine):
    changes, error, message = CASES[name]
    if name.startswith("meta model ignores") and engine == "double_backward":
        # To autograd this is a gradient of zero; the pushforward can say why.
        assert call(**changes, engine=engine).grads["theta"] == 0
        return
    with pytest.raises(error, match=message):
        call(**{"engine": engine, **changes})


STEP_CASES = {
    "optimizer is no optimizer": ({"optimizer": "sgd"}, TypeError, "optimizer: expected a torch.optim.Optimizer"),
    "optimizer of another model": (
        {"optimizer": torch.optim.SGD(OTHER.parameters(), lr=0.1)},
        ValueError,
        "optimizer: expected an optimizer of the model's parameters",
    ),
    "engine unknown": ({"engine": "magic"}, ValueError, "engine: expected one of"),
    "optimizer that takes a closure": (
        {"optimizer": torch.optim.LBFGS(good()["model"].parameters())},
        ValueError,
        "optimizer: expected an optimizer whose step needs no closure",
    ),
    "meta optimizer of another model": (
        {"meta_optimizer": torch.optim.SGD(OTHER.parameters(), lr=0.1)},
        ValueError,
        "meta_optimizer: expected an optimizer of the meta_model's parameters",
    ),
    "meta optimizer is a number": ({"meta_optimizer": 0.1}, TypeError, "meta_optimizer: expected a torch.optim"),
    "sampler optimizer without a learned sampler": (
        {"sampler_optimizer": torch.optim.SGD(OTHER.parameters(), lr=0.1)},
        ValueError,
        "sampler_optimizer: AllLayers learns nothing",
    ),
    "meta model is no module": ({"meta_model": lambda z, y: z}, TypeError, "meta_model: expected a torch.nn.Module"),
    "sampler is a word": ({"sampler": "all"}, TypeError, "sampler: expected a famus_ext sampler"),
    "meta optimizer for L2R": (
        {"meta_model": famus.L2R(), "meta_optimizer": torch.optim.SGD(OTHER.parameters(), lr=0.1)},
        ValueError,
        "meta_optimizer: L2R updates itself",
    ),
    "sampler of another model": ({"sampler": famus.GumbelSampler(OTHER, 1)}, ValueError, "sampler: built for a model"),
    "model without parameters": ({"model": nn.ReLU()}, ValueError, "model: expected at least one parameter"),
    "meta model without parameters": ({"meta_model": nn.Identity()}, ValueError, "meta_model: expected at least one"),
}


@pytest.mark.parametrize("name", STEP_CASES)
def test_meta_step(name):
    changes, error, message = STEP_CASES[name]
    model = good()["model"]
    arguments = {"model": model, "optimizer": torch.optim.SGD(model.parameters(), lr=0.1), "meta_model": famus.MWNet()}
    with pytest.raises(error, match=message):
        famus.MetaStep(**{**arguments, **changes})


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: famus.MWNet(hidden=0), "hidden"),
        (lambda: famus.LastLayers(0), "k: expected at least 1"),
        (lambda: famus.LastLayers(2.5), "k: expected an integer"),
        (lambda: famus.Block(3.5), "block: expected a module"),
        (lambda: famus.GumbelSampler(OTHER, "a"), "expected_layers: expected a number"),
        (lambda: famus.GumbelSampler(OTHER, 0), "expected_layers"),
        (lambda: famus.GumbelSampler(OTHER, 3), "expected_layers"),
        (lambda: famus.GumbelSampler(OTHER, 1, hidden=0), "hidden"),
        (lambda: famus.GumbelSampler(OTHER, 1, temperature=0), "temperature"),
        (lambda: famus.layers(OTHER, granularity="block"), "granularity"),
    ],
)
def test_constructors(build, message):
    with pytest.raises((TypeError, ValueError), match=message):
        build()
