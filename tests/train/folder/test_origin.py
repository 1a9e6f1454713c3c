"""Where a result comes from."""

import re
import subprocess

import torch

from famus_ext.train.folder.origin import origin


def test_command_is_quoted_and_versions_are_named():
    found = origin(["--seeds", "0", "--out", "a folder"])
    assert found["command"] == "python -m famus_ext train --seeds 0 --out 'a folder'"
    assert found["versions"]["torch"] == torch.__version__
    assert found["commit"] is None or re.fullmatch(r"[0-9a-f]{40}\+?", found["commit"])


def test_commit_of_changed_files_has_a_plus(monkeypatch):
    answers = {"rev-parse": "0123\n", "status": " M file\n"}
    monkeypatch.setattr(
        subprocess, "run", lambda command, **_: subprocess.CompletedProcess(command, 0, answers[command[1]])
    )
    assert origin([])["commit"] == "0123+"
    answers["status"] = ""
    assert origin([])["commit"] == "0123"


def test_no_git_no_commit(monkeypatch):
    def missing(*_, **__):
        raise FileNotFoundError("git")

    monkeypatch.setattr(subprocess, "run", missing)
    assert origin([])["commit"] is None
