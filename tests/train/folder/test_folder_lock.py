"""One job at a time in a folder."""

import subprocess
import sys

import pytest
from train.command import records, train

import famus_ext.__main__ as program
from famus_ext.train.folder.folder_lock import only_job
from famus_ext.train.folder.run_folder import RunFolder
from famus_ext.train.options.check import OptionError

HOLD = """
import sys
from pathlib import Path
from famus_ext.train.folder.folder_lock import only_job
from famus_ext.train.folder.run_folder import RunFolder
with only_job(RunFolder(Path(sys.argv[1]))):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def other_job(tmp_path):
    """A process that works in the folder."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.communicate()


def test_second_job_is_refused(tmp_path, other_job):
    with pytest.raises(OptionError, match="another job is running in this folder"), only_job(RunFolder(tmp_path)):
        pass


def test_lock_of_a_killed_job_is_gone(tmp_path, other_job):
    other_job.kill()
    other_job.wait()
    with only_job(RunFolder(tmp_path)):
        pass


def test_process_that_only_reads_takes_no_lock(tmp_path, other_job):
    with only_job(RunFolder(tmp_path, writes=False)):
        pass


def test_command_refuses_and_changes_nothing(tmp_path, capsys):
    run = tmp_path / "run"
    assert train("--method", "ce", "--out", run) == 0
    before, options = records(run), (run / "config.json").read_bytes()
    with only_job(RunFolder(run)):
        assert program.main(["train", "--resume", str(run), "--epochs", "3"]) == 2
    assert "another job is running" in capsys.readouterr().err
    assert records(run) == before
    assert (run / "config.json").read_bytes() == options
