"""Your own folder of images: a torchvision network, and the files whose label is suspicious.

    FOLDER/train/<class>/*.png     images whose labels are not trusted
    FOLDER/trusted/<class>/*.png   a few of each class whose labels have been checked

Without a folder one is written from Fashion-MNIST, with three of ten training labels wrong. There every file bears the
name of its true class, so that the list shows what was found.

    pip install "famus-ext[examples]" && python examples/image_folder.py [--folder FOLDER]
"""

import tempfile
from itertools import cycle
from pathlib import Path

import torch
import tyro
from PIL import Image
from torch.utils.data import DataLoader
from torchvision import transforms
from torchvision.datasets import ImageFolder
from torchvision.models.resnet import BasicBlock, ResNet

import famus_ext as famus
from famus_ext.data import FASHION_CLASSES, LabelledSet, load_fashion_mnist, make_noisy


class Numbered(ImageFolder):
    """An image folder that says which image it gives."""

    def __getitem__(self, index: int) -> tuple[torch.Tensor, int, int]:
        """Image, label and number."""
        return *super().__getitem__(index), index


def main(folder: Path | None = None, epochs: int = 8, size: int = 1500, resolution: int = 32, seed: int = 0) -> None:
    """Train, then print the suspicious files.

    Args:
        folder: Your images; without it some are written.
        epochs: Passes over the training images.
        size: How many training images are written.
        resolution: Pixels a side that the network sees.
        seed: Decides weights, batches and what is written.
    """
    torch.manual_seed(seed)
    place = folder or write_folder(Path(tempfile.mkdtemp()), size, seed)
    prepare = transforms.Compose([transforms.Resize((resolution, resolution)), transforms.ToTensor()])
    train_set, trusted_set = Numbered(place / "train", prepare), ImageFolder(place / "trusted", prepare)
    if train_set.classes != trusted_set.classes:
        raise SystemExit(f"{place}: expected the same classes in train and trusted, got {trusted_set.classes}")
    train_loader = DataLoader(train_set, batch_size=50, shuffle=True, drop_last=True)
    meta_loader = DataLoader(trusted_set, batch_size=50, shuffle=True)

    # A residual network of half ResNet-18's depth; `torchvision.models.resnet18(num_classes=...)` goes as well.
    model = ResNet(BasicBlock, [1, 1, 1, 1], num_classes=len(train_set.classes))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
    meta_model = famus.MWNet()
    meta_optimizer = torch.optim.Adam(meta_model.parameters(), lr=3e-3)
    step = famus.MetaStep(model, optimizer, meta_model, meta_optimizer=meta_optimizer)
    weights = famus.ExampleWeights(len(train_set), normalised=False)
    for _ in range(epochs):
        weights.start_epoch()
        for (x, y, index), (x_meta, y_meta) in zip(train_loader, cycle(meta_loader)):
            weights.add(index, step(x, y, x_meta, y_meta).weights)

    least = weights.mean.argsort()[: len(train_set) // 10].tolist()
    suspicious = [Path(train_set.samples[i][0]).relative_to(place) for i in least]
    print(f"the least trusted of {len(train_set)} files:")
    print(*(f"  {path}" for path in suspicious[:10]), sep="\n")
    if folder is None:
        wrong = sum(not path.name.startswith(path.parent.name) for path in suspicious) / len(suspicious)
        print(f"truly wrong among the least trusted {len(suspicious)}: {wrong:.1%}")


def write_folder(folder: Path, size: int, seed: int) -> Path:
    """Write Fashion-MNIST as PNG files, training images into the folders of their noisy labels."""
    data = make_noisy(load_fashion_mnist(), "symmetric-excluding", 0.3, 100, None, seed, num_train=size)
    write_images(folder / "train", data.train, data.true_labels)
    write_images(folder / "trusted", data.meta, data.meta.labels)
    return folder


def write_images(folder: Path, images: LabelledSet, truth: torch.Tensor) -> None:
    """Write `<given class>/<true class>-<number>.png` for each image."""
    classes = [name.replace("/", " or ") for name in FASHION_CLASSES]
    for name in classes:
        (folder / name).mkdir(parents=True)
    for number, (image, given, true) in enumerate(zip(images.images, images.labels, truth, strict=True)):
        pixels = (image[0] * 255).to(torch.uint8).numpy()
        Image.fromarray(pixels).save(folder / classes[given] / f"{classes[true]}-{number:04}.png")


if __name__ == "__main__":
    tyro.cli(main)
