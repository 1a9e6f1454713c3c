"""Diagnostics: what one looks at to understand a run. None of them is on the hot path of a step.

Where is what:
    gradient_dots.py        G_{i,j,l} of FaMUS, Eq. 7: which training examples help which meta examples, by layer
    example_products.py     its computation, from one recorded pass of each batch
    layer_products.py       by layer, from what the layers saw
    seen_by_layers.py       what they saw, where examples do not depend on one another
    example_gradients.py    the gradient of each example, through whatever couples the batch
    layer_selection.py      some of a network's layers: by number, by name, or as they are
    gradient_moments.py     mean and variance of the meta gradient over steps (FaMUS, Figure 4)
    weight_function.py      V(L), the weight function that MW-Net has learned
    layer_activity.py       which layers had a meta gradient, over steps
    example_weights.py      the weight that was learned for every training example, over epochs

In a loop of one's own:

    >>> import torch
    >>> import famus_ext as famus
    >>> from famus_ext.diagnostics import GradientMoments, LayerActivity, gradient_dots, weight_function
    >>> _ = torch.manual_seed(0)
    >>> model = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.ReLU(), torch.nn.Linear(8, 3))
    >>> optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    >>> step = famus.MetaStep(model, optimizer, meta_model=famus.MWNet(), sampler=famus.LastLayers(1))
    >>> x, y = torch.randn(16, 4), torch.randint(0, 3, (16,))
    >>> moments, activity = GradientMoments(), LayerActivity(step.layers)
    >>> for _ in range(6):
    ...     out = step(x, y, x[:8], y[:8])
    ...     moments.add(out.meta_grads)
    ...     activity.add(out.gates)
    >>> moments.summary().steps
    6
    >>> activity.rates(window=3).tolist()  # two windows of three steps, layers "0" and "2"
    [[0.0, 1.0], [0.0, 1.0]]
    >>> curve = weight_function(step.meta_model, maximum=5.0, points=11)
    >>> curve.losses.shape, curve.weights.shape
    (torch.Size([11]), torch.Size([1, 11]))
    >>> dots = gradient_dots(model, (x, y), (x[:8], y[:8]), lr=0.1, meta_model=step.meta_model, layers=["2"])
    >>> dots.values.shape, dots.per_pair.shape
    (torch.Size([16, 8, 1]), torch.Size([16, 8]))
"""

from famus_ext.diagnostics.example_weights import ExampleWeights
from famus_ext.diagnostics.gradient_dots import GradientDots, gradient_dots
from famus_ext.diagnostics.gradient_moments import GradientMoments, MomentSummary
from famus_ext.diagnostics.layer_activity import LayerActivity
from famus_ext.diagnostics.weight_function import WeightFunction, weight_function

__all__ = [
    "ExampleWeights",
    "GradientDots",
    "GradientMoments",
    "LayerActivity",
    "MomentSummary",
    "WeightFunction",
    "gradient_dots",
    "weight_function",
]
