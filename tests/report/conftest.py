"""Reports written in this process."""

import pytest

import famus_ext.__main__ as program
from famus_ext.report import report as contents

from .reading import Page


def write_report(folder, out, *options):
    """The page that the command writes."""
    assert program.main(["report", str(folder), "--out", str(out), *map(str, options)]) == 0
    return Page(out.read_text(encoding="utf-8"))


@pytest.fixture
def report(tmp_path, capsys, monkeypatch):
    """Writes the report of a run without its charts: `page, printed = report(folder, "--top", 5)`."""
    monkeypatch.setattr(contents, "training_charts", lambda *_: ())
    monkeypatch.setattr(contents, "learned_charts", lambda *_: ())
    monkeypatch.setattr(contents, "purity_chart", lambda *_: None)

    def write(folder, *options):
        page = write_report(folder, tmp_path / "report.html", *options)
        return page, capsys.readouterr().out

    return write
