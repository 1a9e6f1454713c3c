"""CMW-Net's groups: classes of similar size, and a weight function each."""

from itertools import combinations, pairwise

import pytest
import torch

import famus_ext as famus
from famus_ext.meta_models import MWNet, group_classes

LONG_TAIL = [5000, 2997, 1796, 1077, 645, 387, 232, 139, 83, 50]


def spread(parts):
    return sum(((part - part.mean()) ** 2).sum().item() for part in parts)


@pytest.mark.parametrize("groups", [1, 2, 3, 4])
@pytest.mark.parametrize("seed", range(5))
def test_best_of_all_partitions(groups, seed):
    """Against every way to cut the sorted sizes."""
    sizes = torch.randint(0, 12, (9,), generator=torch.Generator().manual_seed(seed)).double()
    found = group_classes(sizes, groups)
    distinct = len(sizes.unique())
    assert found.unique().tolist() == list(range(min(groups, distinct)))
    ordered = sizes.sort().values
    best = min(
        spread([ordered[a:b] for a, b in pairwise((0, *cuts, 9))])
        for cuts in combinations(range(1, 9), min(groups, distinct) - 1)
    )
    assert spread([sizes[found == g] for g in found.unique()]) == pytest.approx(best, abs=1e-9)


def test_groups_go_from_small_to_large():
    assert group_classes(LONG_TAIL).tolist() == [2, 1, 1, 0, 0, 0, 0, 0, 0, 0]
    assert group_classes(torch.tensor([3, 900, 2, 30, 3]), 3).tolist() == [0, 2, 0, 1, 0]


@pytest.mark.parametrize("sizes", [[7], [4, 4, 4]])
def test_fewer_sizes_than_groups(sizes):
    assert group_classes(sizes).tolist() == [0] * len(sizes)


def test_many_large_classes():
    sizes = 10**9 + torch.arange(300).repeat(4)
    assert group_classes(sizes, 3).bincount().tolist() == [400, 400, 400]


def test_a_weight_function_for_each_group():
    torch.manual_seed(0)
    meta = MWNet(8, class_groups=[0, 1, 1, 2]).double()
    assert meta.num_groups == 3
    logits, targets = torch.randn(9, 4).double(), torch.arange(9) % 4
    loss = meta(logits, targets)
    curves = torch.stack([meta.weigh(loss.losses, group=g) for g in range(3)])
    expected = curves[torch.tensor([0, 1, 1, 2])[targets], torch.arange(9)]
    torch.testing.assert_close(loss.weights, expected)
    assert not torch.allclose(curves[0], curves[1])
    soft = torch.nn.functional.one_hot(targets, 4) * 0.6 + 0.1
    torch.testing.assert_close(
        meta(logits, soft.double()).weights,
        meta.weigh(famus.cross_entropy(logits, soft.double()), meta.class_groups[targets]),
    )


def test_groups_share_the_hidden_layer_and_are_state():
    meta = MWNet(8, class_groups=group_classes(LONG_TAIL))
    assert {name: list(t.shape) for name, t in meta.state_dict().items()} == {
        "net.0.weight": [8, 1],
        "net.0.bias": [8],
        "net.2.weight": [3, 8],
        "net.2.bias": [3],
        "class_groups": [10],
    }
