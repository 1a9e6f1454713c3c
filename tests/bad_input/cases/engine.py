"""The engine's functions with arguments that work, and the wrong ones."""

import torch
from torch import nn

import famus_ext as famus

from ..kinds import COUNT, FLAG, FUNCTION, INDEX, MODULE, NOT_NEGATIVE, PAIR, POSITIVE, TENSOR, WORD, required
from .batch import OTHER, X_META, Y_META, C, X, Y, network, sgd


def with_optimizer(**arguments):
    model = network()
    return {"model": model, "optimizer": sgd(model), "meta_model": famus.MWNet(8), **arguments}


def step():
    model = network()
    return famus.MetaStep(model, sgd(model), famus.MWNet(8))


def outputs_and_tangents():
    model = network()
    return {"outputs": model(X), "tangents": {model[2].bias: torch.ones(C)}}


NOT_A_STEP = [({}, ValueError), ({"iteration": 1}, ValueError), ({**step().state_dict(), "more": 1}, ValueError)]

OPTIMIZER = [("sgd", TypeError), (0.1, TypeError), (sgd(OTHER), ValueError)]

VALID = {
    "sampled_meta_grad": (
        famus.sampled_meta_grad,
        lambda: {
            "model": network(),
            "meta_model": famus.MWNet(8),
            "batch": (X, Y),
            "meta_batch": (X_META, Y_META),
            "lr": 0.1,
        },
    ),
    "MetaStep": (famus.MetaStep, with_optimizer),
    "MetaStep()": (
        lambda **batch: step()(**batch),
        lambda: {"x": X, "y": Y, "x_meta": X_META, "y_meta": Y_META},
    ),
    "MetaStep.load_state_dict": (
        lambda state: step().load_state_dict(state),
        lambda: {"state": step().state_dict()},
    ),
    "pushforward": (famus.pushforward, outputs_and_tangents),
    "layers": (famus.layers, lambda: {"model": network()}),
    "blocks": (famus.blocks, lambda: {"model": network()}),
    "use": (famus.use, lambda: {"mode": "auto"}),
}

WRONG = {
    ("sampled_meta_grad", "model"): [*MODULE, (nn.ReLU(), ValueError)],
    ("sampled_meta_grad", "meta_model"): [*MODULE, (nn.Identity(), ValueError)],
    ("sampled_meta_grad", "batch"): PAIR,
    ("sampled_meta_grad", "meta_batch"): PAIR,
    ("sampled_meta_grad", "lr"): [*required(NOT_NEGATIVE), ({"no": 0.1}, ValueError)],
    ("sampled_meta_grad", "sampler"): [("all", TypeError), (nn.Identity(), TypeError)],
    ("sampled_meta_grad", "engine"): WORD,
    ("sampled_meta_grad", "lambda_r"): NOT_NEGATIVE,
    ("sampled_meta_grad", "lambda_g"): NOT_NEGATIVE,
    ("sampled_meta_grad", "meta_loss"): required(FUNCTION),
    ("MetaStep", "model"): [*MODULE, (nn.ReLU(), ValueError)],
    ("MetaStep", "optimizer"): required(OPTIMIZER),
    ("MetaStep", "meta_model"): [*MODULE, (nn.Identity(), ValueError)],
    ("MetaStep", "sampler"): [
        ("all", TypeError),
        (nn.Identity(), TypeError),
        (famus.GumbelSampler(OTHER, 1), ValueError),
    ],
    ("MetaStep", "engine"): [*WORD, (None, ValueError)],
    ("MetaStep", "schedule"): [*WORD, (None, ValueError)],
    ("MetaStep", "every"): required(COUNT),
    ("MetaStep", "micro_batches"): required(COUNT),
    ("MetaStep", "recompute"): required(FLAG),
    ("MetaStep", "clip_norm"): POSITIVE,
    ("MetaStep", "meta_optimizer"): OPTIMIZER,
    ("MetaStep", "sampler_optimizer"): [(sgd(OTHER), ValueError)],
    ("MetaStep", "lambda_r"): NOT_NEGATIVE,
    ("MetaStep", "lambda_g"): NOT_NEGATIVE,
    ("MetaStep", "meta_loss"): required(FUNCTION),
    ("MetaStep", "max_skips"): required(INDEX),
    ("MetaStep", "collapse_window"): COUNT,
    ("MetaStep", "capture"): [*required(FLAG), (True, ValueError)],
    ("MetaStep()", "x"): [
        (X[:0], ValueError),
        (X.to("meta"), ValueError),
    ],
    ("MetaStep()", "y"): [(Y[:2], ValueError), (Y.to("meta"), ValueError)],
    ("MetaStep()", "x_meta"): [(X_META[:0], ValueError), (X_META.double(), TypeError), (None, TypeError)],
    ("MetaStep()", "y_meta"): [(Y_META[:2], ValueError), (Y_META.to("meta"), ValueError)],
    ("MetaStep.load_state_dict", "state"): NOT_A_STEP,
    ("pushforward", "outputs"): [*TENSOR, (X, ValueError)],
    ("pushforward", "tangents"): [(None, TypeError), (3, TypeError), ([X], TypeError)],
    ("layers", "model"): [*MODULE, (nn.ReLU(), ValueError)],
    ("layers", "granularity"): [*WORD, (None, ValueError)],
    ("blocks", "model"): MODULE,
    ("use", "mode"): [*WORD, (None, ValueError)],
    ("use", "ops"): [(3, TypeError), ("virtual_step", TypeError), (["no such"], ValueError)],
}
