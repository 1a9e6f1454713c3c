"""A plain PyTorch loop that no longer believes every label, by ten lines.

The lines marked "new" are all that meta-learning takes; without them, and with those marked "old", this is plain
training. Data: scikit-learn's digits, six of ten training labels replaced at random.

    pip install "famus-ext[examples]" && python examples/own_loop.py
"""

from itertools import cycle  # new

import torch
import tyro

# old: from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

import famus_ext as famus  # new
from famus_ext.data import load_digits, make_noisy
from famus_ext.models import DigitsNet


def main(epochs: int = 30, noise_rate: float = 0.6, seed: int = 0) -> None:
    """Train, then print the accuracy on clean test images.

    Args:
        epochs: Passes over the training set.
        noise_rate: Share of the training labels that are replaced by a class drawn uniformly.
        seed: Decides data, noise, weights and batches.
    """
    torch.manual_seed(seed)
    data = make_noisy(load_digits(), "symmetric", noise_rate, num_meta=100, num_test=500, seed=seed)
    # old: train_set = TensorDataset(data.train.images, data.train.labels)
    train_set = TensorDataset(data.train.images, data.train.labels, torch.arange(len(data.train)))  # new
    train_loader = DataLoader(train_set, batch_size=100, shuffle=True)
    meta_loader = DataLoader(TensorDataset(data.meta.images, data.meta.labels), batch_size=100)  # new

    model = DigitsNet()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    step = famus.MetaStep(model, optimizer, famus.L2R())  # new
    weights = famus.ExampleWeights(len(train_set), normalised=True)  # new

    for _ in range(epochs):
        weights.start_epoch()  # new
        # old: for x, y in train_loader:
        for (x, y, index), (x_meta, y_meta) in zip(train_loader, cycle(meta_loader)):  # new
            # old: optimizer.zero_grad()
            # old: loss = F.cross_entropy(model(x), y)
            # old: loss.backward()
            # old: optimizer.step()
            weights.add(index, step(x, y, x_meta, y_meta).weights)  # new
    model.eval()
    with torch.inference_mode():
        accuracy = (model(data.test.images).argmax(1) == data.test.labels).float().mean()
    print(f"test accuracy: {accuracy:.1%}")
    print("least trusted examples:", weights.mean.argsort()[:10].tolist())  # new


if __name__ == "__main__":
    tyro.cli(main)
