"""With cleanlab: its clean examples as the trusted set, and our weights beside its label quality.

Nobody has checked any label here. Cross-validated probabilities of a simple classifier go to cleanlab, which ranks the
labels by their quality; the best of each class become the meta set. The weights that L2R then gives the others stand
beside that quality, and the probabilities of the network it trains go back into cleanlab's `find_label_issues`. Data:
scikit-learn's digits, four of ten labels replaced at random.

    pip install "famus-ext[examples]" && python examples/cleanlab_scores.py
"""

from itertools import cycle

import numpy as np
import torch
import tyro
from cleanlab.filter import find_label_issues
from cleanlab.rank import get_label_quality_scores
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import cross_val_predict
from torch.utils.data import DataLoader, TensorDataset

import famus_ext as famus
from famus_ext.data import load_digits, make_noisy
from famus_ext.models import DigitsNet


def best_of_each_class(labels: NDArray[np.int64], quality: NDArray[np.float64], count: int) -> NDArray[np.int64]:
    """Positions of the `count` examples of each given class [C * count] whose labels have the best quality."""
    order = np.argsort(-quality)
    return np.concatenate([order[labels[order] == label][:count] for label in np.unique(labels)])


def main(epochs: int = 20, noise_rate: float = 0.4, per_class: int = 10, seed: int = 0) -> None:
    """Find label issues, train, and find them again.

    Args:
        epochs: Passes over the training set.
        noise_rate: Share of the training labels that are replaced by a class drawn uniformly.
        per_class: Trusted examples of each class.
        seed: Decides data, noise, weights and batches.
    """
    torch.manual_seed(seed)
    data = make_noisy(load_digits(), "symmetric", noise_rate, num_meta=10, num_test=500, seed=seed)
    images, labels, right = data.train.images, data.train.labels.numpy(), ~data.wrong.numpy()
    classifier = LogisticRegression(C=0.1)
    probabilities = cross_val_predict(classifier, images.flatten(1).numpy(), labels, cv=5, method="predict_proba")
    quality = get_label_quality_scores(labels, probabilities)
    trusted = torch.from_numpy(best_of_each_class(labels, quality, per_class))

    given = data.train.labels
    train_loader = DataLoader(TensorDataset(images, given, torch.arange(len(given))), batch_size=100, shuffle=True)
    meta_loader = DataLoader(TensorDataset(images[trusted], given[trusted]), batch_size=100)
    model = DigitsNet()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    step = famus.MetaStep(model, optimizer, famus.L2R())
    weights = famus.ExampleWeights(len(given), normalised=True)
    for _ in range(epochs):
        weights.start_epoch()
        for (x, y, index), (x_meta, y_meta) in zip(train_loader, cycle(meta_loader)):
            weights.add(index, step(x, y, x_meta, y_meta).weights)

    model.eval()
    with torch.inference_mode():
        accuracy = (model(data.test.images).argmax(1) == data.test.labels).float().mean()
        predicted = model(images).softmax(1).numpy()
    issues = find_label_issues(labels, predicted)
    print(f"{1 - right.mean():.1%} of the labels are wrong, of the trusted {1 - right[trusted].mean():.1%}")
    print(f"test accuracy: {accuracy:.1%}")
    print(f"AUROC of cleanlab's label quality: {roc_auc_score(right, quality):.3f}")
    print(f"AUROC of the learned weight: {roc_auc_score(right, weights.mean):.3f}")
    print(f"label issues by cleanlab from our network: {issues.sum()}, truly wrong {1 - right[issues].mean():.1%}")


if __name__ == "__main__":
    tyro.cli(main)
