"""The help of every command, on the page that asks for it: what the program prints when the site is built."""

from __future__ import annotations

import contextlib
import io
import os
import re

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import Files
from mkdocs.structure.pages import Page

from famus_ext.__main__ import COMMANDS, EXAMPLES, main

MARK = "<!-- the help of every command -->"
COLUMNS = "100"
COLOURS = re.compile(r"\x1b\[[0-9;]*m")


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Put the help where the mark is."""
    if MARK not in markdown:
        return markdown
    order = sorted(COMMANDS, key=[*EXAMPLES, *COMMANDS].index)
    return markdown.replace(MARK, "\n".join([block(help_of([])), *map(section, order)]))


def section(name: str) -> str:
    """A command's section."""
    return f"## {name}\n\n{block(help_of([name]))}"


def block(text: str) -> str:
    """Text as it is printed."""
    return f"```text\n{text}\n```\n"


def help_of(words: list[str]) -> str:
    """What `python -m famus_ext <words> --help` prints, as wide as the page.

    Raises:
        RuntimeError: It ends with an error.
    """
    printed = io.StringIO()
    before = os.environ.get("COLUMNS")
    os.environ["COLUMNS"] = COLUMNS
    try:
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
            code = _exit_code([*words, "--help"])
    finally:
        os.environ.pop("COLUMNS")
        if before is not None:
            os.environ["COLUMNS"] = before
    if code:
        raise RuntimeError(f"famus_ext {' '.join(words)} --help: exit code {code}: {printed.getvalue()}")
    return COLOURS.sub("", printed.getvalue()).strip()


def _exit_code(words: list[str]) -> int:
    """Of the program, which either returns it or exits with it."""
    try:
        return main(words)
    except SystemExit as end:
        return int(end.code or 0)
