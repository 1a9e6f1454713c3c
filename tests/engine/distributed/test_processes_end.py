"""The threads of torch.distributed end with the group: one that is left may abort a process that is at its end."""

import subprocess
import sys
from pathlib import Path

import pytest

THREADS = Path("/proc/self/task")
PROGRAM = f"""
import os, sys
import torch, torch.distributed as dist
import famus_ext as famus

dist.init_process_group("gloo", init_method=f"file://{{sys.argv[1]}}", rank=0, world_size=1)
dist.all_reduce(torch.zeros(4))
model = torch.nn.Linear(6, 3)
step = famus.MetaStep(model, torch.optim.Adam(model.parameters()), famus.MWNet())
step(torch.randn(4, 6), torch.randint(0, 3, (4,)), torch.randn(4, 6), torch.randint(0, 3, (4,)))
before = len(os.listdir("{THREADS}"))
dist.destroy_process_group()
print(before - len(os.listdir("{THREADS}")))
"""


@pytest.mark.skipif(not THREADS.exists(), reason=f"threads are counted in {THREADS}, which is Linux's")
def test_threads_end_with_the_group(tmp_path):
    command = [sys.executable, "-c", PROGRAM, str(tmp_path / "store")]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=120, check=True)
    assert int(done.stdout) >= 2  # those that send, and those that listen
