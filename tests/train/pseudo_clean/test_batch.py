"""The inputs of a step, against Algorithm 2 written out example by example."""

import pytest
import torch

from famus_ext.train.pseudo_clean.batch import of_examples, step_inputs
from famus_ext.train.pseudo_clean.mixing import draw_mixing

from .made_up import CLASSES, DRAW, inputs, parts

T = 0.5


def sharpened(p):
    return p ** (1 / T) / (p ** (1 / T)).sum()


def prediction(networks, views, row):
    """The mean over networks and views of one example's softmax."""
    outputs = [network.eval()(view[row : row + 1]).softmax(1)[0] for network in networks for view in views]
    return sum(outputs) / len(outputs)


def refined(given, row):
    position = DRAW.positions[row]
    c, label = given["probabilities"][position], torch.eye(CLASSES, dtype=torch.float64)[given["labels"][position]]
    return sharpened(c * label + (1 - c) * prediction(given["networks"][:1], given["views"], row))


def test_rows_are_labelled_then_unlabelled_each_with_both_views():
    given, found = parts(), inputs()
    order = [0, 1, 2, 0, 1, 2, 3, 4, 5, 3, 4, 5]  # rows of the views
    view = [0, 0, 0, 1, 1, 1] * 2
    mixing = draw_mixing(12, 4.0, 9)
    x = torch.stack([given["views"][v][row] for v, row in zip(view, order, strict=True)])
    y = torch.stack([refined(given, row) for row in order])
    guessed = torch.stack([sharpened(prediction(given["networks"], given["views"], row)) for row in order])
    for values, mixed in ((x, found.x), (y, found.y[0]), (guessed, found.y[1])):
        torch.testing.assert_close(mixed, mixing.ratio * values + (1 - mixing.ratio) * values[mixing.partners])
    assert found.y[2].tolist() == [True] * 6 + [False] * 6


def test_meta_batch_takes_refined_labels_and_is_mixed_with_itself():
    given, found = parts(), inputs()
    mixing = draw_mixing(4, 4.0, 10)
    x = torch.cat([view[6:] for view in given["views"]])
    y = torch.stack([refined(given, row) for row in (6, 7, 6, 7)])
    for values, mixed in ((x, found.x_meta), (y, found.y_meta)):
        torch.testing.assert_close(mixed, mixing.ratio * values + (1 - mixing.ratio) * values[mixing.partners])


def test_no_gradient_goes_through_the_targets():
    given = parts()
    found = step_inputs(**given)
    assert not any(tensor.requires_grad for tensor in (found.x, *found.y, found.x_meta, found.y_meta))
    own = given["networks"][0].train()
    (own(found.x).log_softmax(1) * found.y[0]).sum().backward()
    assert all(parameter.grad is None for parameter in given["networks"][1].parameters())


def test_networks_keep_their_modes_and_running_statistics():
    given = parts()
    before = [{name: value.clone() for name, value in net.state_dict().items()} for net in given["networks"]]
    given["networks"][0].train()
    given["networks"][1].eval()
    step_inputs(**given)
    assert [net.training for net in given["networks"]] == [True, False]
    for net, state in zip(given["networks"], before, strict=True):
        assert all(torch.equal(value, state[name]) for name, value in net.state_dict().items())


@pytest.mark.parametrize("changed", [{"temperature": 1.0}, {"alpha": 0.5}])
def test_options_count(changed):
    assert not torch.equal(inputs().y[0], inputs(**changed).y[0])


def test_weight_of_an_example_is_that_of_its_views_together():
    weights = torch.tensor([1.0, 2, 3, 10, 20, 30, 4, 5, 6, 40, 50, 60])
    assert of_examples(weights, DRAW).tolist() == [11, 22, 33, 44, 55, 66]
