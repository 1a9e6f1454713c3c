import pytest
import torch
from hypothesis import HealthCheck, Phase, settings

from famus_ext import _native

# The device is the same for all examples of a test. Examples are drawn alike in every run.
_FUZZ = {
    "deadline": None,
    "database": None,
    "derandomize": True,
    "phases": (Phase.generate, Phase.shrink),
    "suppress_health_check": [HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
}
settings.register_profile("few", max_examples=10, **_FUZZ)  # for sanitizers
settings.register_profile("quick", max_examples=100, **_FUZZ)
settings.register_profile("thorough", max_examples=2000, **_FUZZ)
settings.load_profile("quick")


@pytest.fixture(autouse=True)
def _full_precision():
    """Without TF32, which cuDNN's convolutions take by default, so that the tolerances are those of the dtype."""
    before = torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    yield
    torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32 = before


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


class Tally:
    """Counts the calls of a fuzz test, and remembers the errors of the tensors that were compared."""

    def __init__(self):
        self.calls, self.shares = 0, [0.0]

    def __call__(self, *shares):
        """Of one call, the errors as shares of their tolerance."""
        self.calls += 1
        self.shares += shares


@pytest.fixture
def tally(request):
    """A `Tally` that goes into the test's report."""
    found = Tally()
    yield found
    request.node.user_properties += [
        ("calls", found.calls),
        ("tensors", len(found.shares) - 1),
        ("largest_share_of_tolerance", max(found.shares)),
    ]
