"""Paragraphs with wrong labels: a transformer encoder, padding masks, fused attention.

Real text that needs no download: the docstrings of three installed libraries. Which one is a paragraph from? Four of
ten training labels are wrong. The network is torch's own, unchanged; its inputs are a mapping of keyword arguments.

    pip install "famus-ext[examples]" && python examples/text_classification.py
"""

import re
from collections import Counter
from itertools import cycle

import matplotlib.pyplot
import numpy
import sklearn.ensemble
import sklearn.linear_model
import sklearn.preprocessing
import torch
import tyro
from sklearn.metrics import roc_auc_score
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

import famus_ext as famus
from famus_ext.data import corrupt, generator, split_indices, transition_matrix

LIBRARIES = {
    "matplotlib": [matplotlib.pyplot.Axes, matplotlib.pyplot.Figure, matplotlib.pyplot],
    "numpy": [numpy, numpy.linalg, numpy.random.Generator, numpy.ndarray],
    "scikit-learn": [sklearn.ensemble, sklearn.linear_model, sklearn.preprocessing],
}
LENGTH, VOCABULARY = 40, 2000
PADDING = 0


class Encoder(nn.Module):
    """Token and position embeddings, a transformer layer, the mean over the words, a linear classifier."""

    def __init__(self, num_classes: int, width: int = 32) -> None:
        super().__init__()
        self.words = nn.Embedding(VOCABULARY, width, padding_idx=PADDING)
        self.positions = nn.Parameter(0.02 * torch.randn(LENGTH, width))
        # Dropout inside fused attention is a mask that the sweep cannot draw again.
        layer = nn.TransformerEncoderLayer(width, nhead=4, dim_feedforward=64, dropout=0.0, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, num_layers=1, enable_nested_tensor=False)
        self.classifier = nn.Linear(width, num_classes)

    def forward(self, tokens: Tensor, padding: Tensor) -> Tensor:
        """Logits [N, C] of tokens [N, LENGTH], of which those where padding [N, LENGTH] is true are not words."""
        hidden = self.encoder(self.words(tokens) + self.positions, src_key_padding_mask=padding)
        present = ~padding.unsqueeze(2)
        return self.classifier((hidden * present).sum(1) / present.sum(1))


def paragraphs(library: list[object], size: int) -> list[list[str]]:
    """The first paragraphs in the docstrings of what some modules and classes contain, as words; none twice."""
    things = [getattr(place, name) for place in library for name in sorted(vars(place)) if not name.startswith("_")]
    docs = [doc for thing in things if isinstance(doc := getattr(thing, "__doc__", None), str)]
    found = (tuple(re.findall(r"[a-z]+", text.lower())[:LENGTH]) for doc in docs for text in doc.split("\n\n"))
    return [list(words) for words in dict.fromkeys(found) if len(words) >= 12][:size]


def encode(texts: list[list[str]]) -> Tensor:
    """Token numbers [N, LENGTH]: common words have one each, the others share 1, short texts are filled with 0."""
    common = [word for word, _ in Counter(word for text in texts for word in text).most_common(VOCABULARY - 2)]
    numbers = {word: number for number, word in enumerate(common, start=2)}
    return torch.tensor([[numbers.get(w, 1) for w in text] + [PADDING] * (LENGTH - len(text)) for text in texts])


def main(epochs: int = 20, size: int = 700, noise_rate: float = 0.4, seed: int = 0) -> None:
    """Train, then print the accuracy and the paragraphs that are trusted least.

    Args:
        epochs: Passes over the training set.
        size: Paragraphs of each library.
        noise_rate: Share of the training labels that are another library's.
        seed: Decides split, noise, weights and batches.
    """
    torch.manual_seed(seed)
    by_class = [paragraphs(library, size) for library in LIBRARIES.values()]
    texts = [text for found in by_class for text in found]
    tokens, truth = encode(texts), torch.tensor([c for c, found in enumerate(by_class) for _ in found])
    split = split_indices(truth, 3, num_meta=90, num_test=len(truth) // 4, generator=generator(seed, "split"))
    noise = transition_matrix("symmetric-excluding", 3, noise_rate)
    given, actual_rate = corrupt(truth[split.train], noise, generator(seed, "noise"))

    train_set = TensorDataset(tokens[split.train], given, torch.arange(len(given)))
    train_loader = DataLoader(train_set, batch_size=64, shuffle=True)
    meta_loader = DataLoader(TensorDataset(tokens[split.meta], truth[split.meta]), batch_size=90)
    model = Encoder(num_classes=3)
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3)
    step = famus.MetaStep(model, optimizer, famus.L2R())
    weights = famus.ExampleWeights(len(given), normalised=True)
    for _ in range(epochs):
        weights.start_epoch()
        for (x, y, index), (x_meta, y_meta) in zip(train_loader, cycle(meta_loader)):
            out = step(inputs(x), y, inputs(x_meta), y_meta)
            weights.add(index, out.weights)

    trust = weights.mean
    model.eval()
    with torch.inference_mode():
        accuracy = (model(**inputs(tokens[split.test])).argmax(1) == truth[split.test]).float().mean()
    print(f"{actual_rate:.1%} of {len(given)} training labels are wrong")
    print(f"test accuracy: {accuracy:.1%}")
    print(f"AUROC of the trust against the truth: {roc_auc_score(given == truth[split.train], trust):.3f}")
    for i in trust.argsort()[:5].tolist():
        print(f"  {list(LIBRARIES)[given[i]]}? {' '.join(texts[split.train[i]][:12])} ...")


def inputs(tokens: Tensor) -> dict[str, Tensor]:
    """The network's keyword arguments."""
    return {"tokens": tokens, "padding": tokens == PADDING}


if __name__ == "__main__":
    tyro.cli(main)
