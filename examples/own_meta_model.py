"""A meta model of your own: how far to believe label y where the network predicts c.

Any module from (logits, targets) to the training loss is a meta model. This one has a number θ[y, c] for each pair of
classes and weights an example's loss by sigmoid(θ[y, c]). Four of ten labels of scikit-learn's digits are moved to the
next class; from 100 trusted images the meta model learns that it is this confusion that is not to be believed.

    pip install "famus-ext[examples]" && python examples/own_meta_model.py
"""

from itertools import cycle

import torch
import tyro
from sklearn.metrics import roc_auc_score
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

import famus_ext as famus
from famus_ext.data import load_digits, make_noisy
from famus_ext.models import DigitsNet


class ConfusionTrust(nn.Module):
    """Weights V_i = sigmoid(θ[y_i, argmax z_i]) of the cross-entropies, all 1/2 at first.

    Args:
        num_classes: C.
    """

    def __init__(self, num_classes: int) -> None:
        super().__init__()
        self.theta = nn.Parameter(torch.zeros(num_classes, num_classes))

    def forward(self, logits: Tensor, targets: Tensor) -> famus.TrainingLoss:
        """The training loss of logits [N, C] and labels [N]; a 0-d tensor would do, weights and losses are extra."""
        losses = famus.cross_entropy(logits, targets)
        weights = self.trust()[targets, logits.argmax(1)]
        return famus.TrainingLoss((weights * losses).mean(), weights, losses)

    def trust(self) -> Tensor:
        """The weight [C, C] of a given label (row) beside a predicted one (column)."""
        return self.theta.sigmoid()


def main(epochs: int = 20, noise_rate: float = 0.4, seed: int = 0) -> None:
    """Train, then print what was learned.

    Args:
        epochs: Passes over the training set.
        noise_rate: Share of the training labels that are moved to the next class.
        seed: Decides data, noise, weights and batches.
    """
    torch.manual_seed(seed)
    data = make_noisy(load_digits(), "pairflip", noise_rate, num_meta=100, num_test=500, seed=seed)
    train_set = TensorDataset(data.train.images, data.train.labels, torch.arange(len(data.train)))
    train_loader = DataLoader(train_set, batch_size=100, shuffle=True)
    meta_loader = DataLoader(TensorDataset(data.meta.images, data.meta.labels), batch_size=100)

    model, meta_model = DigitsNet(), ConfusionTrust(data.num_classes)
    step = famus.MetaStep(
        model,
        torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9),
        meta_model,
        meta_optimizer=torch.optim.Adam(meta_model.parameters(), lr=0.1),
    )
    weights = torch.zeros(len(train_set))
    for _ in range(epochs):
        for (x, y, index), (x_meta, y_meta) in zip(train_loader, cycle(meta_loader)):
            weights[index] = step(x, y, x_meta, y_meta).weights

    model.eval()
    with torch.inference_mode():
        accuracy = (model(data.test.images).argmax(1) == data.test.labels).float().mean()
        trust = meta_model.trust()
    print(f"{data.actual_noise_rate:.1%} of the training labels are wrong")
    print(f"test accuracy: {accuracy:.1%}")
    print(f"trust in a label that the network predicts too: {trust.diagonal().mean():.2f}")
    print(f"trust in a label where the network predicts the class before: {trust.roll(1, 1).diagonal().mean():.2f}")
    print(f"AUROC of the weight against the truth: {roc_auc_score(~data.wrong, weights):.3f}")


if __name__ == "__main__":
    tyro.cli(main)
