"""Every public function with arguments that work, and for each argument the wrong ones.

An entry of `WRONG` is (function, argument) -> [(value, error), ...]; the message must begin with the argument's name.
"""

import torch
from torch import nn

import famus_ext as famus
from famus_ext import losses, models

from .kinds import (
    COUNT,
    FINITE,
    FLAG,
    FUNCTION,
    INDEX,
    INTEGER,
    MODULE,
    NOT_NEGATIVE,
    PAIR,
    PER_CLASS,
    POSITIVE,
    SEQUENCE,
    TENSOR,
    WORD,
    Thing,
    required,
)

N, M, D, C = 6, 5, 4, 3
X, Y = torch.arange(N * D).view(N, D) / 10, torch.arange(N) % C
X_META, Y_META = torch.arange(M * D).view(M, D) / 7, torch.arange(M) % C
LOGITS, SOFT = torch.zeros(N, C), torch.full((N, C), 1 / C)
SIZES = [5.0, 4.0, 3.0]


def network():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(D, 8), nn.ReLU(), nn.Linear(8, C))


OTHER = nn.Sequential(nn.Linear(D, 9), nn.Tanh(), nn.Linear(9, C), nn.Linear(C, C))


def sgd(module):
    return torch.optim.SGD(module.parameters(), lr=0.1)


def step():
    model = network()
    return famus.MetaStep(model, sgd(model), famus.MWNet(8))


def with_optimizer(**arguments):
    model = network()
    return {"model": model, "optimizer": sgd(model), "meta_model": famus.MWNet(8), **arguments}


def outputs_and_tangents():
    model = network()
    return {"outputs": model(X), "tangents": {model[2].bias: torch.ones(C)}}


def gates():
    sizes, hidden = (2, 3), 2
    entries = sum(hidden * size + 3 * hidden + 3 for size in sizes)
    return {
        "inputs": [torch.ones(size) for size in sizes],
        "eta": torch.ones(entries),
        "noise": torch.zeros(2, 2),
        "temperature": 1.0,
    }


# function -> (what is called, its arguments made anew)
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
    # samplers
    "Sampler": (famus.Sampler, dict),
    "AllLayers": (famus.AllLayers, dict),
    "LastLayers": (famus.LastLayers, lambda: {"k": 2}),
    "RandomLayers": (famus.RandomLayers, lambda: {"count": 2}),
    "Threshold": (famus.Threshold, lambda: {"share": 0.5}),
    "Block": (famus.Block, lambda: {"block": "2"}),
    "GumbelSampler": (famus.GumbelSampler, lambda: {"model": network(), "expected_layers": 1}),
    # losses of examples
    "cross_entropy": (famus.cross_entropy, lambda: {"logits": LOGITS, "targets": Y}),
    "FocalLoss": (famus.FocalLoss, dict),
    "FocalLoss()": (famus.FocalLoss(alpha=SIZES), lambda: {"logits": LOGITS, "targets": Y}),
    "ClassBalancedLoss": (famus.ClassBalancedLoss, lambda: {"class_sizes": SIZES}),
    "ClassBalancedLoss()": (famus.ClassBalancedLoss(SIZES), lambda: {"logits": LOGITS, "targets": Y}),
    "LDAMLoss": (famus.LDAMLoss, lambda: {"class_sizes": SIZES}),
    "LDAMLoss()": (famus.LDAMLoss(SIZES), lambda: {"logits": LOGITS, "targets": Y}),
    "DeferredReweighting": (
        famus.DeferredReweighting,
        lambda: {"loss": famus.cross_entropy, "class_sizes": SIZES, "start": 1},
    ),
    "DeferredReweighting.set_epoch": (
        famus.DeferredReweighting(famus.cross_entropy, SIZES, 1).set_epoch,
        lambda: {"epoch": 0},
    ),
    "squared_error": (losses.squared_error, lambda: {"logits": LOGITS, "targets": SOFT}),
    "prior_penalty": (losses.prior_penalty, lambda: {"logits": LOGITS}),
    "ramp_up": (losses.ramp_up, lambda: {"epoch": 1, "maximum": 2.0}),
    # meta models
    "MWNet": (famus.MWNet, dict),
    "MWNet()": (famus.MWNet(8, class_groups=[0, 1, 1]), lambda: {"logits": LOGITS, "targets": Y}),
    "MWNet.weigh": (famus.MWNet(8).weigh, lambda: {"losses": torch.zeros(N)}),
    "L2R": (famus.L2R, dict),
    "MLC": (famus.MLC, lambda: {"num_classes": C}),
    "MLC()": (famus.MLC(C), lambda: {"logits": LOGITS, "targets": Y}),
    "LabelCorrection": (famus.LabelCorrection, lambda: {"num_classes": C}),
    "LabelCorrection()": (famus.LabelCorrection(C), lambda: {"logits": LOGITS, "targets": Y}),
    "ExampleWeighting": (famus.ExampleWeighting, lambda: {"net": nn.Linear(1, 1)}),
    "SemiSupervised": (
        famus.SemiSupervised,
        lambda: {"weighting": famus.MWNet(8), "num_labelled": 2, "lambda_u": 1.0},
    ),
    "SemiSupervised()": (
        famus.SemiSupervised(famus.MWNet(8), 2, 1.0),
        lambda: {"logits": LOGITS, "targets": (SOFT, SOFT)},
    ),
    "group_classes": (famus.group_classes, lambda: {"class_sizes": SIZES}),
    # fused operations
    "virtual_step": (famus.virtual_step, lambda: {"parameters": [X], "gradients": [X], "lr": 0.1}),
    "layer_dots": (famus.layer_dots, lambda: {"a": [[X]], "b": [[X]]}),
    "gumbel_gates": (famus.gumbel_gates, gates),
    # diagnostics
    "gradient_dots": (
        famus.gradient_dots,
        lambda: {"model": network(), "batch": (X, Y), "meta_batch": (X_META, Y_META), "lr": 0.1},
    ),
    "weight_function": (famus.weight_function, lambda: {"meta_model": famus.MWNet(8)}),
    "ExampleWeights": (famus.ExampleWeights, lambda: {"num_examples": N, "normalised": False}),
    "ExampleWeights.add": (
        famus.ExampleWeights(N, normalised=True).add,
        lambda: {"indices": torch.arange(2), "weights": torch.ones(2)},
    ),
    "ExampleWeights.load_state_dict": (
        famus.ExampleWeights(N, normalised=True).load_state_dict,
        lambda: {"state": famus.ExampleWeights(N, normalised=True).state_dict()},
    ),
    "LayerActivity": (famus.LayerActivity, lambda: {"layers": famus.layers(OTHER)}),
    "LayerActivity.add": (famus.LayerActivity(famus.layers(OTHER)).add, lambda: {"gates": torch.ones(3)}),
    "LayerActivity.rates": (famus.LayerActivity(famus.layers(OTHER)).rates, dict),
    "LayerActivity.load_state_dict": (
        famus.LayerActivity(famus.layers(OTHER)).load_state_dict,
        lambda: {"state": famus.LayerActivity(famus.layers(OTHER)).state_dict()},
    ),
    "GradientMoments.add": (famus.GradientMoments().add, lambda: {"gradients": {"w": torch.ones(2)}}),
    "GradientMoments.load_state_dict": (
        famus.GradientMoments().load_state_dict,
        lambda: {"state": famus.GradientMoments().state_dict()},
    ),
    # networks
    "build": (models.build, lambda: {"name": "digits", "num_classes": C}),
    "wide_resnet": (models.wide_resnet, lambda: {"depth": 10, "width": 1}),
    "preact_resnet18": (models.preact_resnet18, lambda: {"width": 1}),
    "resnet_cifar": (models.resnet_cifar, lambda: {"depth": 8}),
    "FashionNet": (models.FashionNet, lambda: {"width": 1}),
    "DigitsNet": (models.DigitsNet, dict),
}

NOT_A_STEP = [({}, ValueError), ({"iteration": 1}, ValueError), ({**step().state_dict(), "more": 1}, ValueError)]
LAYERS = [
    *SEQUENCE,
    ([], ValueError),
    (["0"], TypeError),
    ([famus.Layer("a", ("w",)), famus.Layer("b", ("w",))], ValueError),
]
LOGIT_SHAPES = [(LOGITS[:, 0], ValueError), (torch.zeros(()), ValueError)]
ONE_POSITION = [*LOGIT_SHAPES, (torch.zeros(N, C, 2), ValueError)]
OTHER_CLASSES = [*LOGIT_SHAPES, (torch.zeros(N, C + 1), ValueError)]
INDICES = [
    *required(TENSOR),
    (Y.int(), TypeError),
    (Y.bool(), TypeError),
    (Y[:2], ValueError),
    (Y[:, None], ValueError),
    (Y + C, ValueError),
    (Y - 1, ValueError),
]
TARGETS = [*INDICES, (SOFT[:, :2], ValueError), (SOFT[:2], ValueError)]
BATCH = [
    *PAIR,
    ((X, Y, Y), TypeError),
    ((X[:0], Y[:0]), ValueError),
]
SELECTION = [
    (0, ValueError),
    (-1, ValueError),
    (True, TypeError),
    ("0", TypeError),
    (3.5, TypeError),
    (["no"], ValueError),
]
OPTIMIZER = [("sgd", TypeError), (0.1, TypeError), (sgd(OTHER), ValueError)]
DEPTHS = [*INTEGER, (11, ValueError), (-2, ValueError), (0, ValueError)]

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
    ("MetaStep()", "x_meta"): [(X_META[:0], ValueError), (X_META.double(), TypeError)],
    ("MetaStep()", "y_meta"): [(Y_META[:2], ValueError), (Y_META.to("meta"), ValueError)],
    ("MetaStep.load_state_dict", "state"): NOT_A_STEP,
    ("pushforward", "outputs"): [*TENSOR, (X, ValueError)],
    ("pushforward", "tangents"): [(None, TypeError), (3, TypeError), ([X], TypeError)],
    ("layers", "model"): [*MODULE, (nn.ReLU(), ValueError)],
    ("layers", "granularity"): [*WORD, (None, ValueError)],
    ("blocks", "model"): MODULE,
    ("use", "mode"): [*WORD, (None, ValueError)],
    ("use", "ops"): [(3, TypeError), ("virtual_step", TypeError), (["no such"], ValueError)],
    ("Sampler", "layers"): LAYERS,
    ("AllLayers", "layers"): LAYERS,
    ("LastLayers", "k"): required(COUNT),
    ("LastLayers", "layers"): LAYERS,
    ("RandomLayers", "count"): required(COUNT),
    ("RandomLayers", "seed"): [*required(INDEX), (2**63, ValueError)],
    ("RandomLayers", "layers"): LAYERS,
    ("Threshold", "share"): [*required(POSITIVE), (1.5, ValueError)],
    ("Threshold", "layers"): LAYERS,
    ("Block", "block"): [(None, TypeError), (3.5, TypeError), (True, TypeError), (0, ValueError)],
    ("Block", "layers"): LAYERS,
    ("GumbelSampler", "model"): [*MODULE, (nn.ReLU(), ValueError)],
    ("GumbelSampler", "expected_layers"): [*required(POSITIVE), (3, ValueError)],
    ("GumbelSampler", "hidden"): required(COUNT),
    ("GumbelSampler", "temperature"): required(POSITIVE),
    ("GumbelSampler", "depth"): COUNT,
    ("GumbelSampler", "summed"): FLAG,
    ("GumbelSampler", "standardise"): FLAG,
    ("GumbelSampler", "candidates"): SELECTION,
    ("GumbelSampler", "always_on"): SELECTION,
    ("GumbelSampler", "credit_inactive"): required(FLAG),
    ("GumbelSampler", "variant"): [*WORD, (None, ValueError)],
    ("GumbelSampler", "layers"): LAYERS,
    ("cross_entropy", "logits"): LOGIT_SHAPES,
    ("cross_entropy", "targets"): TARGETS,
    ("FocalLoss", "gamma"): required(NOT_NEGATIVE),
    ("FocalLoss", "alpha"): PER_CLASS,
    ("FocalLoss()", "logits"): OTHER_CLASSES,
    ("FocalLoss()", "targets"): TARGETS,
    ("ClassBalancedLoss", "class_sizes"): required(PER_CLASS),
    ("ClassBalancedLoss", "beta"): [*required(NOT_NEGATIVE), (1.0, ValueError)],
    ("ClassBalancedLoss", "loss"): required(FUNCTION),
    ("ClassBalancedLoss()", "logits"): OTHER_CLASSES,
    ("ClassBalancedLoss()", "targets"): TARGETS,
    ("LDAMLoss", "class_sizes"): required(PER_CLASS),
    ("LDAMLoss", "max_margin"): required(NOT_NEGATIVE),
    ("LDAMLoss", "scale"): required(POSITIVE),
    ("LDAMLoss()", "logits"): OTHER_CLASSES,
    ("LDAMLoss()", "targets"): [*INDICES, (SOFT, TypeError)],
    ("DeferredReweighting", "loss"): required(FUNCTION),
    ("DeferredReweighting", "class_sizes"): required(PER_CLASS),
    ("DeferredReweighting", "start"): required(INDEX),
    ("DeferredReweighting", "beta"): [*required(NOT_NEGATIVE), (1.0, ValueError)],
    ("DeferredReweighting.set_epoch", "epoch"): required(INDEX),
    ("squared_error", "logits"): LOGIT_SHAPES,
    ("squared_error", "targets"): [*TENSOR, (Y, TypeError), (SOFT[:2], ValueError)],
    ("prior_penalty", "logits"): ONE_POSITION,
    ("ramp_up", "epoch"): required(FINITE),
    ("ramp_up", "maximum"): required(FINITE),
    ("ramp_up", "length"): required(NOT_NEGATIVE),
    ("MWNet", "hidden"): required(COUNT),
    ("MWNet", "layers"): required(COUNT),
    ("MWNet", "loss"): required(FUNCTION),
    ("MWNet", "inputs"): [*SEQUENCE, ([3], TypeError)],
    ("MWNet", "class_groups"): [*PER_CLASS, ([0, 2, 2], ValueError), ([0.5, 1, 0], ValueError)],
    ("MWNet", "normalised"): required(FLAG),
    ("MWNet()", "logits"): OTHER_CLASSES,
    ("MWNet()", "targets"): TARGETS,
    ("MWNet.weigh", "losses"): TENSOR,
    ("MWNet.weigh", "group"): [(-1, ValueError), (1, ValueError)],
    ("L2R", "loss"): required(FUNCTION),
    ("L2R", "normalised"): required(FLAG),
    ("MLC", "num_classes"): required(COUNT),
    ("MLC", "initial"): [
        (Thing(), TypeError),
        ([[True] * C] * C, TypeError),
        (torch.eye(C - 1), ValueError),
        (torch.ones(C, C), ValueError),
        (-torch.eye(C), ValueError),
        (torch.full((C, C), torch.nan), ValueError),
    ],
    ("MLC", "floor"): [*required(POSITIVE), (1.0, ValueError)],
    ("MLC()", "logits"): OTHER_CLASSES,
    ("MLC()", "targets"): TARGETS,
    ("LabelCorrection", "num_classes"): required(COUNT),
    ("LabelCorrection", "hidden"): required(COUNT),
    ("LabelCorrection", "distrust"): [*required(POSITIVE), (1.0, ValueError)],
    ("LabelCorrection()", "logits"): OTHER_CLASSES,
    ("LabelCorrection()", "targets"): TARGETS,
    ("ExampleWeighting", "net"): MODULE,
    ("ExampleWeighting", "loss"): required(FUNCTION),
    ("ExampleWeighting", "inputs"): [*SEQUENCE, ([3], TypeError)],
    ("ExampleWeighting", "normalised"): required(FLAG),
    ("SemiSupervised", "weighting"): [*MODULE, (nn.Identity(), TypeError)],
    ("SemiSupervised", "num_labelled"): COUNT,
    ("SemiSupervised", "lambda_u"): required(NOT_NEGATIVE),
    ("SemiSupervised()", "logits"): ONE_POSITION,
    ("SemiSupervised()", "targets"): [
        *PAIR[:1],
        (SOFT, TypeError),
        ((SOFT, Y), ValueError),
        ((SOFT, SOFT[:2]), ValueError),
    ],
    ("group_classes", "class_sizes"): required(PER_CLASS),
    ("group_classes", "groups"): required(COUNT),
    ("virtual_step", "parameters"): [*SEQUENCE, ([3], TypeError), ([X.long()], TypeError)],
    ("virtual_step", "gradients"): [*SEQUENCE, ([3], TypeError), ([X.double()], TypeError), ([X[:1]], ValueError)],
    ("virtual_step", "lr"): [(None, TypeError), (Thing(), TypeError), (torch.nan, ValueError), ([], ValueError)],
    ("layer_dots", "a"): [*SEQUENCE, ([X], TypeError), ([[3]], TypeError), ([[X.to_sparse()]], TypeError)],
    ("layer_dots", "b"): [*SEQUENCE, ([[3]], TypeError), ([], ValueError), ([[]], ValueError), ([[X[:1]]], ValueError)],
    ("gumbel_gates", "inputs"): [*SEQUENCE, ([3, 3], TypeError), ([Y, Y], TypeError), ([X, X], ValueError)],
    ("gumbel_gates", "eta"): [*TENSOR, (torch.ones(27), ValueError), (torch.ones(28, 1), ValueError), (Y, TypeError)],
    ("gumbel_gates", "noise"): [*TENSOR, (torch.zeros(2), ValueError), (torch.zeros(3, 2), ValueError)],
    ("gumbel_gates", "temperature"): required(POSITIVE),
    ("gradient_dots", "model"): [*MODULE, (nn.ReLU(), ValueError)],
    ("gradient_dots", "batch"): PAIR,
    ("gradient_dots", "meta_batch"): PAIR,
    ("gradient_dots", "lr"): required(NOT_NEGATIVE),
    ("gradient_dots", "meta_model"): MODULE[1:],
    ("gradient_dots", "layers"): [*SELECTION, ([], ValueError), ([3], TypeError)],
    ("gradient_dots", "loss"): FUNCTION,
    ("gradient_dots", "way"): [("by hand", ValueError), (None, ValueError)],
    ("gradient_dots", "meta_loss"): required(FUNCTION),
    ("weight_function", "meta_model"): [*MODULE, (nn.Identity(), TypeError)],
    ("weight_function", "maximum"): required(POSITIVE),
    ("weight_function", "points"): [*required(COUNT), (1, ValueError)],
    ("ExampleWeights", "num_examples"): required(COUNT),
    ("ExampleWeights", "normalised"): required(FLAG),
    ("ExampleWeights", "device"): [(None, TypeError), (0, TypeError), *WORD],
    ("ExampleWeights.add", "indices"): [
        *required(TENSOR),
        (torch.ones(2), TypeError),
        (torch.zeros(2, 1, dtype=torch.int64), ValueError),
        (torch.tensor([0, N]), ValueError),
        (torch.tensor([-1, 0]), ValueError),
    ],
    ("ExampleWeights.add", "weights"): [*TENSOR[1:], (torch.ones(2).long(), TypeError), (torch.ones(3), ValueError)],
    ("ExampleWeights.load_state_dict", "state"): [
        ({}, ValueError),
        ({"epochs": torch.ones(2, N + 1)}, ValueError),
        ({"epochs": torch.ones(N)}, ValueError),
    ],
    ("LayerActivity", "layers"): [*SEQUENCE, ([], ValueError), (["0"], TypeError)],
    ("LayerActivity.add", "gates"): [*TENSOR, (torch.ones(2), ValueError), (torch.full((3,), 0.5), ValueError)],
    ("LayerActivity.rates", "window"): required(COUNT),
    ("LayerActivity.load_state_dict", "state"): [({}, ValueError), ({"names": [], "bits": None}, ValueError)],
    ("GradientMoments.add", "gradients"): [
        (None, TypeError),
        ({}, ValueError),
        ({"w": 3}, TypeError),
        ({"w": Y}, TypeError),
    ],
    ("GradientMoments.load_state_dict", "state"): [({}, ValueError), ({"steps": 1}, ValueError)],
    ("build", "name"): [(None, TypeError), (3, TypeError), *WORD, ("wrn-28", ValueError), (":", ValueError)],
    ("build", "num_classes"): required(COUNT),
    ("wide_resnet", "depth"): required(DEPTHS),
    ("wide_resnet", "width"): required(COUNT),
    ("wide_resnet", "num_classes"): required(COUNT),
    ("wide_resnet", "in_channels"): required(COUNT),
    ("preact_resnet18", "num_classes"): required(COUNT),
    ("preact_resnet18", "in_channels"): required(COUNT),
    ("preact_resnet18", "width"): required(COUNT),
    ("resnet_cifar", "depth"): required(DEPTHS),
    ("resnet_cifar", "num_classes"): required(COUNT),
    ("resnet_cifar", "in_channels"): required(COUNT),
    ("FashionNet", "num_classes"): required(COUNT),
    ("FashionNet", "width"): required(COUNT),
    ("FashionNet", "in_channels"): required(COUNT),
    ("DigitsNet", "num_classes"): required(COUNT),
    ("DigitsNet", "width"): required(COUNT),
    ("DigitsNet", "in_channels"): required(COUNT),
}
