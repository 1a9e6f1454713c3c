"""Inside forward-mode differentiation an op is its definition, which carries tangents; a kernel would lose them."""

import pytest
import torch
from shared import op_cases
from torch.autograd import forward_ad

from famus_ext import _native, ops

W, G, T = (op_cases.tensors(torch.float64, seed=seed, shapes=[(5, 300)])[0] for seed in range(3))
LINEAR = {
    "virtual_step": lambda w: ops.virtual_step([w], [G], 0.5)[0][0],
    "layer_dots": lambda w: ops.layer_dots([[w]], [[G]]),
}
DERIVATIVES = {"virtual_step": T, "layer_dots": (T * G).sum()[None]}


@pytest.mark.parametrize("op", LINEAR)
def test_tangent(op):
    with forward_ad.dual_level():
        tangent = forward_ad.unpack_dual(LINEAR[op](forward_ad.make_dual(W, T))).tangent
    torch.testing.assert_close(tangent, DERIVATIVES[op], rtol=1e-12, atol=1e-12)


@pytest.mark.skipif(_native.C is None, reason=str(_native.missing()))
@pytest.mark.parametrize("op", ops.__all__)
def test_definition_runs(op):
    with _native.use("auto"):
        assert _native.runs_native(op, torch.device("cpu"))
        with forward_ad.dual_level():
            assert _native.path(op, torch.device("cpu")) == (
                "reference",
                "forward-mode differentiation follows the definition",
            )
