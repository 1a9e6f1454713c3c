"""The recorder of CUDA graphs as far as it goes without a GPU: torch.cuda's part is played."""

import contextlib
from types import SimpleNamespace

import pytest
import torch
from torch import nn

from famus_ext.engine.actual_train import Trained
from famus_ext.engine.capture.graphs import Graphs
from famus_ext.engine.phases import Phase, phase, watched


class Stream(contextlib.nullcontext):
    def __init__(self, device=None):
        super().__init__()
        self.device, self.waits = device, []

    def wait_stream(self, other):
        self.waits.append(other)


@pytest.fixture
def played(monkeypatch):
    """Notes what is recorded and replayed."""
    seen = SimpleNamespace(recorded=[], replayed=0, current=Stream())

    class Graph:
        def replay(self):
            seen.replayed += 1

    @contextlib.contextmanager
    def recording(graph, **options):
        seen.recorded.append(options)
        yield

    monkeypatch.setattr(torch.cuda, "Stream", Stream)
    monkeypatch.setattr(torch.cuda, "stream", lambda stream: stream)
    monkeypatch.setattr(torch.cuda, "current_stream", lambda device: seen.current)
    monkeypatch.setattr(torch.cuda, "graph_pool_handle", lambda: "pool")
    monkeypatch.setattr(torch.cuda, "CUDAGraph", Graph)
    monkeypatch.setattr(torch.cuda, "graph", recording)
    return seen


def graphs(model=None):
    return Graphs(nn.Linear(2, 2) if model is None else model, torch.device("cpu"))


def test_a_section_is_run_once_recorded_once_and_replayed(played):
    calls, run = [], graphs()
    results = [run("a", lambda: calls.append(len(calls)) or torch.tensor(len(calls))) for _ in range(3)]
    assert calls == [0, 1]  # run, and recorded
    assert played.replayed == 3
    assert all(result is results[0] for result in results)
    run("b", lambda: torch.zeros(1))
    assert [options["pool"] for options in played.recorded] == ["pool", "pool"]
    assert len({options["stream"] for options in played.recorded}) == 1


def test_who_measures_phases_does_not_see_a_recording(played):
    seen, run = [], graphs()

    def watch(name):
        seen.append(name)
        return contextlib.nullcontext()

    def section():
        with phase(Phase.HEAD):
            pass

    with watched(watch):
        run("a", section)
        section()
    assert seen == [Phase.HEAD]


def test_what_is_kept_is_a_copy_without_a_graph(played):
    weights = torch.ones(2, requires_grad=True)
    result = Trained(loss=weights.sum(), weights=None, logits=weights * 2)
    kept = graphs().keep(result)
    result.logits.data.zero_()
    assert torch.equal(kept.logits, torch.full((2,), 2.0))
    assert kept.weights is None
    assert not kept.loss.requires_grad


def test_the_recording_stream_waits_and_is_waited_for(played):
    run = graphs()
    run("a", lambda: None)
    assert run._stream.waits == [played.current]
    assert played.current.waits == [run._stream]


def test_the_first_run_leaves_no_trace(played):
    """Buffers and random numbers are as if a section had been recorded alone."""
    model = nn.BatchNorm1d(3)
    torch.manual_seed(0)
    expected = torch.rand(2), torch.rand(2)
    torch.manual_seed(0)
    drawn = []

    def section():
        if not played.recorded:
            model(torch.ones(4, 3))
        drawn.append(torch.rand(2))

    graphs(model)("a", section)
    assert model.num_batches_tracked == 0
    assert torch.equal(model.running_mean, torch.zeros(3))
    assert torch.equal(drawn[0], expected[0])
    assert torch.equal(drawn[1], expected[0])


def test_what_cannot_be_recorded_says_why_and_the_way_out(played):
    def section():
        if played.recorded:
            raise RuntimeError("operation not permitted when stream is capturing")

    with pytest.raises(RuntimeError, match=r"(?s)^capture: .*not permitted.*reads values on the host.*capture=False"):
        graphs()("a", section)


def test_memory_that_runs_out_is_said_as_such(played):
    def section():
        if played.recorded:
            raise torch.OutOfMemoryError("CUDA out of memory")

    with pytest.raises(torch.OutOfMemoryError, match=r"^CUDA out of memory"):
        graphs()("a", section)


def test_what_is_held_stays_where_it_is(played):
    run = graphs()
    first = run.hold("gates", torch.ones(2))
    second = run.hold("gates", torch.zeros(2))
    assert first.data_ptr() == second.data_ptr()
    assert second.tolist() == [0, 0]
