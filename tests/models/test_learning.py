"""FashionNet learns Fashion-MNIST: a check of network and data together, on the real images."""

import pytest
import torch
from torch import nn

from famus_ext.data import epoch_batches, generator, load_fashion_mnist, make_noisy
from famus_ext.models import FashionNet


def test_fashion_net_learns_from_fifteen_hundred_images():
    try:
        source = load_fashion_mnist()
    except FileNotFoundError as error:
        pytest.skip(str(error).partition("\n")[0])
    data = make_noisy(source, "symmetric", 0.0, 100, None, seed=0, num_train=1500)
    torch.manual_seed(0)
    model = FashionNet()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    batches = generator(0, "batches")
    for epoch in range(4):
        optimizer.param_groups[0]["lr"] = 0.05 if epoch < 3 else 0.005
        for batch in epoch_batches(1500, 50, batches):
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(data.train.images[batch]), data.train.labels[batch]).backward()
            optimizer.step()
    model.eval()
    with torch.no_grad():
        right = model(data.test.images[:2000]).argmax(1) == data.test.labels[:2000]
    assert right.float().mean() > 0.75
