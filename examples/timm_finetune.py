"""Fine-tuning a timm model by its name, with AdamW, timm's schedule and bfloat16 if asked for.

Data: Fashion-MNIST, four of ten training labels replaced at random. Any model of timm will do, unedited:

    pip install "famus-ext[examples]"
    python examples/timm_finetune.py                                                        # a tiny vision transformer
    python examples/timm_finetune.py --model resnet18 --pretrained --size 20000 --bf16     # downloads the weights
"""

from itertools import cycle

import timm
import torch
import tyro
from timm.scheduler import CosineLRScheduler
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

import famus_ext as famus
from famus_ext.data import load_fashion_mnist, make_noisy


def main(
    model: str = "test_vit",
    pretrained: bool = False,
    bf16: bool = False,
    size: int = 2000,
    epochs: int = 10,
    resolution: int = 32,
    noise_rate: float = 0.4,
    data_path: str | None = None,
    seed: int = 0,
) -> None:
    """Train, then print the accuracy on 1,000 clean test images.

    Args:
        model: Name of a model in timm.
        pretrained: Begin with timm's published weights, which are downloaded.
        bf16: Compute in bfloat16 where autocast does.
        size: Training images.
        epochs: Passes over them.
        resolution: Pixels a side that the network sees.
        noise_rate: Share of the training labels that are replaced by a class drawn uniformly.
        data_path: Folder of Fashion-MNIST; where Debian's package puts it without one.
        seed: Decides data, noise, weights and batches.
    """
    torch.manual_seed(seed)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    data = make_noisy(load_fashion_mnist(data_path), "symmetric", noise_rate, 100, None, seed, num_train=size)
    train_set = TensorDataset(data.train.images, data.train.labels, torch.arange(size))
    train_loader = DataLoader(train_set, batch_size=50, shuffle=True, drop_last=True)
    meta_loader = DataLoader(TensorDataset(data.meta.images, data.meta.labels), batch_size=50, shuffle=True)

    network = timm.create_model(model, pretrained=pretrained, num_classes=10, in_chans=1)
    if hasattr(network, "set_input_size"):  # transformers are made for one size
        network.set_input_size(img_size=(resolution, resolution))
    network.to(device)
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-3)
    schedule = CosineLRScheduler(optimizer, t_initial=epochs, warmup_t=1, warmup_lr_init=1e-4)
    # Half of the cost of every layer's meta gradient, and enough to tell right labels from wrong ones.
    step = famus.MetaStep(network, optimizer, famus.L2R().to(device), famus.Block(-1))
    weights = famus.ExampleWeights(size, normalised=True, device=device)

    def prepare(images: torch.Tensor) -> torch.Tensor:
        return F.interpolate(images.to(device), (resolution, resolution), mode="bilinear")

    for epoch in range(epochs):
        schedule.step(epoch)
        weights.start_epoch()
        for (x, y, index), (x_meta, y_meta) in zip(train_loader, cycle(meta_loader)):
            with torch.autocast(device.type, torch.bfloat16, enabled=bf16):
                out = step(prepare(x), y.to(device), prepare(x_meta), y_meta.to(device))
            weights.add(index, out.weights)

    network.eval()
    with torch.inference_mode():
        predicted = torch.cat([network(prepare(part)).argmax(1).cpu() for part in data.test.images[:1000].split(250)])
    wrong = data.wrong.to(device)
    print(f"{model}: {sum(p.numel() for p in network.parameters()):,} parameters")
    print(f"test accuracy: {(predicted == data.test.labels[:1000]).float().mean():.1%}")
    print(f"mean weight of an example with a right label: {weights.mean[~wrong].mean():.2f}")
    print(f"with a wrong one: {weights.mean[wrong].mean():.2f}")


if __name__ == "__main__":
    tyro.cli(main)
