"""The site is built as a reader builds it, a warning being an error; its pages hold together and need no network."""

import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

import famus_ext as famus

for package in ("mkdocs", "material", "mkdocstrings_handlers.python", "tyro"):
    pytest.importorskip(package, reason=f"{package} is not installed: the site is not built")

ROOT = Path(__file__).parents[2]
ELSEWHERE = re.compile(r"""(?:\bsrc|\bsrcset|<link[^>]*\bhref)=["']?(?:https?:)?//|url\(["']?(?:https?:)?//""")


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return folder


class Tags(HTMLParser):
    """What a page has of anchors, and pictures without a text in place of them."""

    def __init__(self, page):
        super().__init__()
        self.anchors, self.mute = set(), []
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        self.anchors.add(found.get("id"))
        if tag == "img" and not found.get("alt"):
            self.mute.append(found.get("src"))


def test_pages_need_nothing_from_elsewhere(site):
    found = {path.name: ELSEWHERE.findall(path.read_text(encoding="utf-8")) for path in site.rglob("*.html")}
    found |= {path.name: ELSEWHERE.findall(path.read_text(encoding="utf-8")) for path in site.rglob("*.css")}
    assert len(found) > 15
    assert {name: urls for name, urls in found.items() if urls} == {}


def test_every_public_name_has_its_place_in_the_reference(site):
    anchors = {name for page in (site / "api").glob("*.html") for name in Tags(page).anchors}
    public = {name: getattr(famus, name) for name in famus.__all__}
    places = {name: {f"famus_ext.{name}", f"{thing.__module__}.{thing.__qualname__}"} for name, thing in public.items()}
    assert [name for name, known in places.items() if not known & anchors] == []


def test_a_function_is_not_taken_for_the_file_of_its_name(site):
    pages = {page.stem: page.read_text(encoding="utf-8") for page in (site / "api").glob("*.html")}
    assert {name for name, page in pages.items() if "doc-module" in page} == {"data", "models"}


def test_every_picture_has_a_text(site):
    assert {page.name: mute for page in site.rglob("*.html") if (mute := Tags(page).mute)} == {}


def test_the_command_line_prints_what_it_does(site):
    page = (site / "command-line.html").read_text(encoding="utf-8")
    for words in (
        "usage: python -m famus_ext train",
        "--noise-rate",
        "--expected-layers",
        "usage: python -m famus_ext collect",
    ):
        assert words in page
    assert "\x1b" not in page
