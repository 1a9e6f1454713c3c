"""A table: which rows have the wrong label?

A small network on scikit-learn's breast-cancer table (569 patients, 30 measurements), three of ten training labels
flipped. MW-Net learns from 40 trusted rows how far to believe an example of a given loss. The suspicious rows come out
as a pandas frame.

    pip install "famus-ext[examples]" && python examples/tabular.py
"""

from itertools import cycle

import pandas as pd
import torch
import tyro
from sklearn.datasets import load_breast_cancer
from sklearn.metrics import roc_auc_score
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

import famus_ext as famus
from famus_ext.data import corrupt, generator, split_indices, transition_matrix


def main(epochs: int = 30, noise_rate: float = 0.3, seed: int = 0) -> None:
    """Train, then print the suspicious rows and how well they are found.

    Args:
        epochs: Passes over the training set.
        noise_rate: Share of the training labels that are flipped.
        seed: Decides split, noise, weights and batches.
    """
    torch.manual_seed(seed)
    table = load_breast_cancer(as_frame=True)
    x = torch.tensor(((table.data - table.data.mean()) / table.data.std()).to_numpy(), dtype=torch.float32)
    truth = torch.tensor(table.target.to_numpy())
    split = split_indices(truth, num_classes=2, num_meta=40, num_test=150, generator=generator(seed, "split"))
    noise = transition_matrix("symmetric-excluding", num_classes=2, rate=noise_rate)
    given, actual_rate = corrupt(truth[split.train], noise, generator(seed, "noise"))

    train_set = TensorDataset(x[split.train], given, torch.arange(len(given)))
    train_loader = DataLoader(train_set, batch_size=50, shuffle=True)
    meta_loader = DataLoader(TensorDataset(x[split.meta], truth[split.meta]), batch_size=40)

    model = nn.Sequential(nn.Linear(30, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 2))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    meta_model = famus.MWNet()
    step = famus.MetaStep(
        model, optimizer, meta_model, meta_optimizer=torch.optim.Adam(meta_model.parameters(), lr=3e-3)
    )
    weights = famus.ExampleWeights(len(train_set), normalised=False)
    for _ in range(epochs):
        weights.start_epoch()
        for (x_train, y_train, index), (x_meta, y_meta) in zip(train_loader, cycle(meta_loader)):
            weights.add(index, step(x_train, y_train, x_meta, y_meta).weights)

    names = table.target_names
    with torch.inference_mode():
        predicted = model(x).argmax(1)
    frame = pd.DataFrame(
        {
            "weight": weights.mean,
            "given": names[given],
            "predicted": names[predicted[split.train]],
            "truth": names[truth[split.train]],
        },
        index=pd.Index(split.train.tolist(), name="row"),
    ).sort_values("weight")
    accuracy = float((predicted == truth)[split.test].float().mean())
    print(f"{actual_rate:.1%} of {len(given)} training labels are wrong")
    print(f"test accuracy: {accuracy:.1%}")
    print(f"AUROC of the weight against the truth: {roc_auc_score(frame.given == frame.truth, frame.weight):.3f}")
    print(frame.head(10).to_string(float_format="{:.3f}".format))


if __name__ == "__main__":
    tyro.cli(main)
