"""An image that a worker process cannot read, and a worker that dies: one line that says so, and no hang."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch.utils.data import DataLoader, Dataset

import famus_ext
from famus_ext.data.files.images import ImageError, read_image
from famus_ext.data.files.workers import worker_errors


class Files(Dataset):
    """Reads a file, or does what it is told in its place."""

    def __init__(self, at_two):
        self.at_two = at_two

    def __len__(self):
        return 4

    def __getitem__(self, position):
        return torch.zeros(1) if position < 2 else self.at_two()


def fail():
    raise RuntimeError("something else")


def read(at_two, workers):
    with worker_errors():
        return list(DataLoader(Files(at_two), num_workers=workers))


@pytest.mark.parametrize("workers", [0, 1])
def test_an_image_that_is_none_is_named_in_one_line(tmp_path, workers):
    pytest.importorskip("PIL")
    path = tmp_path / "image.png"
    path.write_bytes(b"no image")
    with pytest.raises(ImageError) as raised:
        read(lambda: read_image(path), workers)
    assert str(raised.value).startswith(f"{path}: expected an image")
    assert "Traceback" not in str(raised.value)


@pytest.mark.parametrize("workers", [0, 1])
def test_another_error_stays_what_it_is(workers):
    with pytest.raises(RuntimeError, match="something else") as raised:
        read(fail, workers)
    assert raised.type is RuntimeError


DIES = """
import os, signal, time
from torch.utils.data import DataLoader
from famus_ext.data.files.workers import WorkerError, worker_errors

class Files:
    def __len__(self):
        return 4

    def __getitem__(self, position):
        os.kill(os.getpid(), signal.SIGKILL)

try:
    with worker_errors():
        for batch in DataLoader(Files(), num_workers=1):
            pass
except WorkerError as error:
    print(error, flush=True)
    os._exit(3)
"""


def test_a_worker_that_dies_is_said_with_likely_causes():
    """In a process of its own: PyTorch raises it from a signal handler, wherever the main process is."""
    environment = {**os.environ, "PYTHONPATH": str(Path(famus_ext.__file__).parents[1])}
    result = subprocess.run(
        [sys.executable, "-c", DIES], capture_output=True, encoding="utf-8", env=environment, timeout=120
    )
    assert result.returncode == 3
    assert result.stdout.startswith("a worker process that reads images has died: DataLoader worker")
    assert "shared memory" in result.stdout
