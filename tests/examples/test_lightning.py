"""Lightning's manual optimisation: the steps are counted, and a checkpoint goes on to the same numbers."""

import importlib.util
from pathlib import Path

import pytest
import torch
from shared.one_thread import one_thread  # noqa: F401
from torch.utils.data import DataLoader, TensorDataset

import famus_ext as famus

lightning = pytest.importorskip("lightning", reason="lightning is not installed")
EXAMPLE = Path(__file__).parents[2] / "examples" / "lightning_module.py"


@pytest.fixture
def module():
    """Makes the example's module with a sampler and a meta model that have a state."""
    spec = importlib.util.spec_from_file_location("lightning_module", EXAMPLE)
    example = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(example)

    def make():
        torch.manual_seed(0)
        made = example.NoisyLabels()
        made.meta_model, made.sampler = famus.MWNet(8), famus.RandomLayers(2)
        return made

    return make


def fit(module, folder, epochs, checkpoint=None):
    torch.manual_seed(1)
    images, labels = torch.rand(20, 1, 8, 8), torch.randint(0, 10, (20,))
    loader = DataLoader(TensorDataset(images, labels), batch_size=10)
    batches = lightning.pytorch.utilities.CombinedLoader({"train": loader, "trusted": loader}, "max_size_cycle")
    trainer = lightning.Trainer(
        max_epochs=epochs,
        accelerator="cpu",
        default_root_dir=folder,
        logger=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    trainer.fit(module, batches, ckpt_path=checkpoint)
    return trainer


@pytest.mark.filterwarnings("ignore")  # Lightning warns of few workers, and of what torch has deprecated
def test_resumed_run_has_the_same_numbers(module, tmp_path):
    straight = module()
    trainer = fit(straight, tmp_path / "straight", epochs=4)
    assert trainer.global_step == straight.step.iteration == 8

    first = fit(module(), tmp_path / "parts", epochs=2)
    resumed = module()
    trainer = fit(resumed, tmp_path / "parts", epochs=4, checkpoint=first.checkpoint_callback.best_model_path)
    assert trainer.global_step == resumed.step.iteration == 8
    for (name, a), b in zip(straight.named_parameters(), resumed.parameters(), strict=True):
        assert torch.equal(a, b), name
    torch.testing.assert_close(resumed.sampler.get_extra_state(), straight.sampler.get_extra_state())


@pytest.mark.filterwarnings("ignore")
def test_merged_schedule_sees_through_the_wrapper(module, tmp_path):
    made = module()
    made.on_fit_start = lambda: setattr(
        made, "step", famus.MetaStep(made.network, made.optimizers(), made.meta_model, schedule="merged")
    )
    assert fit(made, tmp_path, epochs=1).global_step == made.step.iteration == 2
