import torch
from meta_steps.group_norm import GROUPS, with_group_norm
from torch import nn

from famus_ext.models import wide_resnet


def test_no_batch_norm_is_left_and_examples_are_not_mixed() -> None:
    torch.manual_seed(0)
    model = with_group_norm(wide_resnet(10, 1)).double()
    norms = [module for module in model.modules() if isinstance(module, nn.GroupNorm)]
    assert len(norms) == 7
    assert {norm.num_groups for norm in norms} == {GROUPS}
    assert not any(isinstance(module, nn.BatchNorm2d) for module in model.modules())
    x = torch.randn(4, 3, 32, 32, dtype=torch.float64)
    torch.testing.assert_close(model(x)[:1], model(x[:1]), rtol=1e-12, atol=1e-12)
