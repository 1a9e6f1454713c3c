"""Lightning: the meta step in a module with manual optimisation, logged and saved with the rest.

Three things differ from an ordinary module: `automatic_optimization = False`, a `MetaStep` around the optimizer that
Lightning hands out (so that its step counter, and what hangs on it, goes on), and two hooks that put the step's state
into the checkpoint. Data: scikit-learn's digits, six of ten training labels replaced at random.

    pip install "famus-ext[examples]" && python examples/lightning_module.py
"""

import tempfile
from typing import Any

import lightning
import torch
import tyro
from lightning.pytorch.utilities import CombinedLoader
from torch import Tensor
from torch.utils.data import DataLoader, TensorDataset

import famus_ext as famus
from famus_ext.data import load_digits, make_noisy
from famus_ext.models import DigitsNet


class NoisyLabels(lightning.LightningModule):
    """A network trained on labels that are not trusted.

    Args:
        num_classes: C.
        lr: Learning rate of the network.
    """

    def __init__(self, num_classes: int = 10, lr: float = 0.03) -> None:
        super().__init__()
        self.save_hyperparameters()
        self.automatic_optimization = False
        self.network = DigitsNet(num_classes)
        self.meta_model = famus.L2R()
        self.sampler = famus.GumbelSampler(self.network, expected_layers=2)
        self.step_state: dict[str, Any] | None = None

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """The network's optimizer alone: those of meta model and sampler are the step's."""
        return torch.optim.SGD(self.network.parameters(), lr=self.hparams.lr, momentum=0.9)

    def on_fit_start(self) -> None:
        """Make the step once the network is on its device, and take up a checkpoint's."""
        self.step = famus.MetaStep(self.network, self.optimizers(), self.meta_model, self.sampler)
        if self.step_state is not None:
            self.step.load_state_dict(self.step_state)

    def training_step(self, batch: dict[str, list[Tensor]]) -> None:
        """One meta step in place of loss, backward and step."""
        out = self.step(*batch["train"], *batch["trusted"])
        self.log("train_loss", out.loss, prog_bar=True)
        self.log("meta_loss", out.meta_loss, prog_bar=True)
        self.log("active_layers", out.gates.sum())

    def validation_step(self, batch: list[Tensor]) -> None:
        """The accuracy on clean images."""
        x, y = batch
        self.log("accuracy", (self.network(x).argmax(1) == y).float().mean(), prog_bar=True)

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """The step's state goes with the network's."""
        checkpoint["meta_step"] = self.step.state_dict()

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Kept until there is a step to give it to."""
        self.step_state = checkpoint["meta_step"]


def main(epochs: int = 20, noise_rate: float = 0.6, seed: int = 0, out: str | None = None) -> None:
    """Train, then print the accuracy on clean test images.

    Args:
        epochs: Passes over the training set.
        noise_rate: Share of the training labels that are replaced by a class drawn uniformly.
        seed: Decides data, noise, weights and batches.
        out: Folder of logs and checkpoints; a temporary one without it.
    """
    lightning.seed_everything(seed)
    data = make_noisy(load_digits(), "symmetric", noise_rate, num_meta=100, num_test=500, seed=seed)
    train, trusted, test = (TensorDataset(part.images, part.labels) for part in (data.train, data.meta, data.test))
    # The trusted set is small: it goes round while the training set is passed through once.
    batches = CombinedLoader(
        {"train": DataLoader(train, batch_size=100, shuffle=True), "trusted": DataLoader(trusted, batch_size=100)},
        mode="max_size_cycle",
    )
    trainer = lightning.Trainer(
        max_epochs=epochs, accelerator="cpu", default_root_dir=out or tempfile.mkdtemp(), log_every_n_steps=5
    )
    trainer.fit(NoisyLabels(), batches, DataLoader(test, batch_size=500))
    print(f"after {trainer.global_step} steps, test accuracy: {trainer.callback_metrics['accuracy']:.1%}")


if __name__ == "__main__":
    tyro.cli(main)
