"""Accelerate: prepared network, optimizer, schedule and batches; the meta step takes backward's and step's place.

    pip install "famus-ext[examples]" && python examples/accelerate_loop.py
    accelerate launch --num-processes 2 examples/accelerate_loop.py      # several processes take one step together

Mixed precision is bfloat16 (`--precision bf16`): float16's loss scaling is refused. For gradient accumulation there is
`MetaStep(micro_batches=...)`. Data: scikit-learn's digits, six of ten training labels replaced at random.
"""

from itertools import cycle
from typing import Literal

import torch
import tyro
from accelerate import Accelerator
from torch.utils.data import DataLoader, TensorDataset

import famus_ext as famus
from famus_ext.data import load_digits, make_noisy
from famus_ext.models import DigitsNet


def main(
    epochs: int = 20,
    noise_rate: float = 0.6,
    precision: Literal["no", "bf16"] = "no",
    cpu: bool = False,
    seed: int = 0,
) -> None:
    """Train, then print the accuracy on clean test images.

    Args:
        epochs: Passes over the training set.
        noise_rate: Share of the training labels that are replaced by a class drawn uniformly.
        precision: What autocast computes in.
        cpu: Stay on the CPU where there is a GPU.
        seed: Decides data, noise, weights and batches.
    """
    torch.manual_seed(seed)
    accelerator = Accelerator(cpu=cpu, mixed_precision=precision)
    data = make_noisy(load_digits(), "symmetric", noise_rate, num_meta=100, num_test=500, seed=seed)
    train, trusted, test = (TensorDataset(part.images, part.labels) for part in (data.train, data.meta, data.test))

    network = DigitsNet()
    optimizer = torch.optim.SGD(network.parameters(), lr=0.05, momentum=0.9)
    model, optimizer, train_loader, meta_loader, test_loader, schedule = accelerator.prepare(
        network,
        optimizer,
        DataLoader(train, batch_size=100, shuffle=True),
        DataLoader(trusted, batch_size=100),
        DataLoader(test, batch_size=500),
        torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs * 12),
    )
    # The sampler reads the names of the prepared network's layers; it and the meta model stay outside `prepare`.
    sampler = famus.GumbelSampler(model, expected_layers=2).to(accelerator.device)
    step = famus.MetaStep(model, optimizer, famus.L2R().to(accelerator.device), sampler)
    for _ in range(epochs):
        for (x, y), (x_meta, y_meta) in zip(train_loader, cycle(meta_loader)):
            with accelerator.autocast():
                out = step(x, y, x_meta, y_meta)
            schedule.step()

    model.eval()
    right = []
    with torch.inference_mode():
        for x, y in test_loader:
            right.append(accelerator.gather_for_metrics(model(x).argmax(1) == y))
    accelerator.print(f"{accelerator.num_processes} process(es), last training loss {out.loss:.3f}")
    accelerator.print(f"test accuracy: {torch.cat(right).float().mean():.1%}")


if __name__ == "__main__":
    tyro.cli(main)
