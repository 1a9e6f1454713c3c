"""Counting weights by size."""

import pytest
import torch

from famus_ext.train.recording.weight_histogram import BINS, EDGES, weight_histogram


def test_every_weight_is_in_the_bin_whose_lower_edge_it_reaches():
    weights = torch.tensor([0.0, EDGES[1] - 1e-6, EDGES[1], 1.0, 1.999, 2.0, 70.0], dtype=torch.float64)
    counts = weight_histogram(weights)
    assert len(counts) == BINS + 1
    assert {number: count for number, count in enumerate(counts) if count} == {
        0: 2,
        1: 1,
        EDGES.index(1.0): 1,
        BINS - 1: 1,
        BINS: 2,
    }


def test_no_weight_is_no_count():
    assert weight_histogram(torch.empty(0)) == [0] * (BINS + 1)


@pytest.mark.parametrize(("method", "counted"), [("l2r", True), ("mwnet", True), ("mlc", False), ("ce", False)])
def test_records_count_every_example_of_a_method_that_weights_them(make_trainer, method, counted):
    trainer = make_trainer(method, sampler="last")
    record, wrong = trainer.train_epoch(), int(trainer.data.wrong.sum())
    assert sum(record.weight_histogram_wrong) == (wrong if counted else 0)
    assert sum(record.weight_histogram_clean) == (len(trainer.data.train) - wrong if counted else 0)
    assert record.weight_histogram_all == []
