"""Meta models Ψ(·; θ): training losses that learn which examples to trust.

A meta model is any module that maps logits z [N, ...] and targets to the scalar training loss ℓ(z, y; θ), as a 0-d
tensor or, with the weights and losses that it is made of, as a `TrainingLoss`. θ, the module's parameters, may enter
nowhere else. What Ψ reads off the logits to weight or to correct (the losses, for MW-Net) it must detach, since V_i is
a constant in ∂ℓ/∂w (Eq. 3). Two kinds say more: θ of a `BatchMetaModel` belongs to one batch, and θ of a
`ProjectedMetaModel` is put back into its set after every step of the meta optimizer.

Your own is a module of either form, from logits and targets to the loss, or, inside `ExampleWeighting`, from losses
[N, k] to weights [N]:

    >>> import torch
    >>> from torch import nn
    >>> import famus_ext as famus
    >>> from famus_ext.meta_models import ExampleWeighting
    >>> class Temperature(nn.Module):  # one learned number: how sharply the network is trained
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.log_scale = nn.Parameter(torch.zeros(()))
    ...     def forward(self, logits, targets):
    ...         return famus.cross_entropy(self.log_scale.exp() * logits, targets).mean()
    >>> threshold = nn.Sequential(nn.Linear(1, 1), nn.Sigmoid())  # V = 1 / (1 + exp(-(a L + b)))
    >>> batch, meta_batch = ((torch.randn(n, 4), torch.randint(0, 3, (n,))) for n in (8, 6))
    >>> for meta_model in (Temperature(), ExampleWeighting(threshold)):
    ...     result = famus.sampled_meta_grad(nn.Linear(4, 3), meta_model, batch, meta_batch, lr=0.1)
    ...     sorted(result.grads)
    ['log_scale']
    ['net.0.bias', 'net.0.weight']
"""

from famus_ext.losses import ExampleLoss
from famus_ext.meta_models.class_groups import group_classes
from famus_ext.meta_models.example_weighting import ExampleWeighting
from famus_ext.meta_models.l2r import L2R
from famus_ext.meta_models.label_correction import LabelCorrection
from famus_ext.meta_models.loss_correction import MLC
from famus_ext.meta_models.mw_net import MWNet
from famus_ext.meta_models.protocol import BatchMetaModel, ProjectedMetaModel, TrainingLoss, training_loss
from famus_ext.meta_models.semi_supervised import SemiSupervised

__all__ = [
    "L2R",
    "MLC",
    "BatchMetaModel",
    "ExampleLoss",
    "ExampleWeighting",
    "LabelCorrection",
    "MWNet",
    "ProjectedMetaModel",
    "SemiSupervised",
    "TrainingLoss",
    "group_classes",
    "training_loss",
]
