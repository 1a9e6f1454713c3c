"""Meta models Ψ(·; θ): training losses that learn which examples to trust.

A meta model is any module that maps logits and targets to the scalar training loss ℓ(z, y; θ), as a `TrainingLoss` or
a 0-d tensor. θ may enter nowhere else. What Ψ reads off the logits (the losses, for MW-Net) it must detach, since V_i
is a constant in ∂ℓ/∂w (Eq. 3).
"""

from famus_ext.meta_models.l2r import L2R
from famus_ext.meta_models.mw_net import MWNet
from famus_ext.meta_models.protocol import BatchMetaModel, ExampleLoss, TrainingLoss, training_loss

__all__ = ["L2R", "BatchMetaModel", "ExampleLoss", "MWNet", "TrainingLoss", "training_loss"]
