"""The losses by themselves."""

import torch
from torch import nn

import famus_ext as famus
from famus_ext.losses import gradient_matching_loss, layer_count_loss


def test_cross_entropy():
    logits, targets = torch.randn(5, 3), torch.randint(0, 3, (5,))
    torch.testing.assert_close(
        famus.cross_entropy(logits, targets), -logits.log_softmax(1).gather(1, targets[:, None])[:, 0]
    )
    soft = torch.randn(5, 3).softmax(1)
    torch.testing.assert_close(famus.cross_entropy(logits, soft), -(soft * logits.log_softmax(1)).sum(1))
    positions = torch.randn(5, 3, 7), torch.randint(0, 3, (5, 7))
    expected = nn.functional.cross_entropy(*positions, reduction="none").mean(1)
    torch.testing.assert_close(famus.cross_entropy(*positions), expected)


def test_losses_of_the_paper():
    """Eq. 10 and 11."""
    assert layer_count_loss(torch.tensor([1.0, 0.0, 1.0, 1.0]), 1) == 4
    assert gradient_matching_loss(torch.tensor([1.0, 2.0]), torch.tensor([3.0, -1.0])) == 13
