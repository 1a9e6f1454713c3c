"""Your own loop in several processes: DistributedDataParallel, each with its part of both batches.

The step is that of one process with the joined batch: nothing else changes. `multi_gpu.sh` launches it.

    torchrun --nproc-per-node 2 examples/own_loop_ddp.py
"""

from itertools import cycle

import torch
import torch.distributed as dist
import tyro
from torch.nn.parallel import DistributedDataParallel
from torch.utils.data import DataLoader, DistributedSampler, TensorDataset

import famus_ext as famus
from famus_ext.data import LabelledImages, load_digits, make_noisy
from famus_ext.models import DigitsNet


def main(epochs: int = 20, noise_rate: float = 0.6, batch_size: int = 100, seed: int = 0) -> None:
    """Train, then print the accuracy on clean test images.

    Args:
        epochs: Passes over the training set.
        noise_rate: Share of the training labels that are replaced by a class drawn uniformly.
        batch_size: Training examples a step, of all processes together.
        seed: Decides data, noise, weights and batches.
    """
    cuda = torch.cuda.is_available()
    dist.init_process_group("nccl" if cuda else "gloo")
    torch.manual_seed(seed)
    # torchrun numbers the processes of a machine as it numbers its GPUs.
    device = torch.device("cuda", dist.get_node_local_rank()) if cuda else torch.device("cpu")
    data = make_noisy(load_digits(), "symmetric", noise_rate, num_meta=100, num_test=500, seed=seed)
    share = batch_size // dist.get_world_size()
    train_loader, meta_loader = loader(data.train, share, seed), loader(data.meta, share, seed)

    model = DistributedDataParallel(DigitsNet().to(device))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    step = famus.MetaStep(model, optimizer, famus.L2R().to(device))
    for epoch in range(epochs):
        train_loader.sampler.set_epoch(epoch)
        for (x, y), (x_meta, y_meta) in zip(train_loader, cycle(meta_loader)):
            out = step(x.to(device), y.to(device), x_meta.to(device), y_meta.to(device))

    model.eval()
    with torch.inference_mode():
        predicted = model.module(data.test.images.to(device)).argmax(1).cpu()
    if dist.get_rank() == 0:
        print(f"{dist.get_world_size()} processes, last training loss {out.loss:.4f}")
        print(f"test accuracy: {(predicted == data.test.labels).float().mean():.1%}")
    dist.destroy_process_group()


def loader(images: LabelledImages, batch_size: int, seed: int) -> DataLoader:
    """Batches of this process' part of a set; every process draws as many."""
    part = TensorDataset(images.images, images.labels)
    return DataLoader(part, batch_size, sampler=DistributedSampler(part, seed=seed), drop_last=True)


if __name__ == "__main__":
    tyro.cli(main)
