"""Files are whole or the old ones, and on the disk when they say so."""

import os

import pytest

from famus_ext.train.folder.files import append_line, atomic_write


def test_bytes_and_then_the_name_are_on_disk(tmp_path, monkeypatch):
    path, calls = tmp_path / "file", []
    fsync, replace_file = os.fsync, os.replace
    monkeypatch.setattr("os.fsync", lambda descriptor: (calls.append("fsync"), fsync(descriptor)))
    monkeypatch.setattr("os.replace", lambda old, new: (calls.append("replace"), replace_file(old, new)))
    with atomic_write(path) as file:
        file.write("text\n")
    assert calls == ["fsync", "replace", "fsync"]
    assert path.read_bytes() == b"text\n"


@pytest.mark.parametrize("error", [OSError("disk full"), KeyboardInterrupt()])
def test_a_write_that_fails_leaves_the_old_file(tmp_path, error):
    path = tmp_path / "file"
    path.write_text("old")
    with pytest.raises(type(error)):
        write_half(path, error)
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]
    assert path.read_text() == "old"


def write_half(path, error):
    with atomic_write(path) as file:
        file.write("half of the n")
        raise error


def test_a_line_is_added_and_on_disk(tmp_path, monkeypatch):
    path, calls = tmp_path / "file", []
    monkeypatch.setattr("os.fsync", lambda descriptor: calls.append("fsync"))
    append_line(path, "é")
    append_line(path, "b")
    assert path.read_bytes() == "é\nb\n".encode()
    assert calls == ["fsync", "fsync"]


def test_a_line_that_cannot_be_written_leaves_nothing_of_it(tmp_path, monkeypatch):
    path = tmp_path / "file"
    append_line(path, "first")

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        append_line(path, "second")
    assert path.read_bytes() == b"first\n"
