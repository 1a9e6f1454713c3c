"""What meta steps spend their time on: measured, written and read back."""

import json

import pytest
from train.command import train

from famus_ext.engine.phases import Phase, phase
from famus_ext.train.recording import phase_times
from famus_ext.train.recording.phase_times import PhaseTimes, phases_measured, read_phase_times


@pytest.fixture
def clock(monkeypatch):
    """A clock that goes on by a second whenever it is read."""
    ticks = iter(range(1000))
    monkeypatch.setattr(phase_times.time, "perf_counter", lambda: float(next(ticks)))


def test_phase_inside_another_counts_for_itself(clock):
    times = PhaseTimes()
    for _ in range(2):
        with times.watch(Phase.META_BACKWARD), times.watch(Phase.HEAD):
            pass
    assert {name: seconds for name, seconds in times.seconds.items() if seconds} == {
        Phase.META_BACKWARD: 4.0,
        Phase.HEAD: 2.0,
    }


def test_what_was_measured_is_read_back(clock, tmp_path):
    with phases_measured(tmp_path / "phases.json"), phase(Phase.GATES):
        pass
    assert read_phase_times(tmp_path / "phases.json") == {one.value: float(one is Phase.GATES) for one in Phase}


@pytest.mark.parametrize("content", ["[]", "{}", '{"gates": 1.0}', "no JSON"])
def test_damaged_file_is_refused(content, tmp_path):
    (tmp_path / "phases.json").write_text(content)
    with pytest.raises(ValueError, match=r"expected|Expecting"):
        read_phase_times(tmp_path / "phases.json")


def test_numbers_are_seconds(tmp_path):
    (tmp_path / "phases.json").write_text(json.dumps({one.value: -1.0 for one in Phase}))
    with pytest.raises(ValueError, match="expected seconds"):
        read_phase_times(tmp_path / "phases.json")


def test_option_leaves_the_numbers_and_writes_the_phases(tmp_path):
    for name, options in (("plain", ()), ("measured", ("--profile-phases",))):
        assert train("--no-baseline", "--epochs", 1, "--out", tmp_path / name, *options) == 0
    tables = [(tmp_path / name / "examples_l2r_seed0.csv").read_text() for name in ("plain", "measured")]
    assert tables[0] == tables[1]
    assert not (tmp_path / "plain" / "phases.json").exists()
    assert read_phase_times(tmp_path / "measured" / "phases.json")["pushforward"] > 0
