import pytest
import torch

from famus_ext import _native


@pytest.fixture(params=["cpu", pytest.param("cuda", marks=pytest.mark.gpu)])
def device(request):
    """A device whose kernels run."""
    device = torch.device(request.param)
    if device.type == "cuda" and not torch.cuda.is_available():
        pytest.skip("torch finds no GPU")
    obstacle = _native.obstacle("virtual_step", device)
    if obstacle is not None:
        pytest.skip(obstacle)
    with _native.use("native"):
        yield device


@pytest.fixture(params=["native", "reference"])
def mode(request):
    """Each implementation of the ops in turn, on the CPU."""
    if request.param == "native" and _native.missing():
        pytest.skip(_native.missing())
    with _native.use(request.param):
        yield request.param


@pytest.fixture
def threads():
    """Sets the number of threads that torch uses; the former number comes back afterwards."""
    before = torch.get_num_threads()
    yield torch.set_num_threads
    torch.set_num_threads(before)
