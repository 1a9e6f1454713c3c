"""The page stands on its own, and every part of it can be reached and named."""

import base64
import csv
import io
import re
from itertools import pairwise

import pytest

from .conftest import write_report
from .made_up_run import config, write_run
from .reading import Page

METHODS = ("mwnet", "l2r", "mlc", "label-correction", "ce")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Where the page and its table are."""
    folder = tmp_path_factory.mktemp("report")
    write_report(write_run(folder / "run", config(seeds=(0, 1))), folder / "report.html", "--top", 30)
    return folder


@pytest.fixture(scope="module")
def page(folder):
    return Page((folder / "report.html").read_text(encoding="utf-8"))


def test_nothing_is_loaded_from_outside(page):
    sources = [value for _, attributes in page.elements for key, value in attributes.items() if key in ("src", "href")]
    assert sources
    assert all(source.startswith(("#", "data:")) for source in sources)
    assert not re.findall(r"https?:|url\((?!#)|@import", page.source)
    assert page.all("meta")[1]["content"].startswith("default-src 'none'")


def test_ids_are_unique_and_what_points_to_one_finds_it(page):
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    pointed_at = re.findall(r'(?:href="#|url\(#|aria-(?:labelledby|describedby)=")([\w.-]+)', page.source)
    assert len(pointed_at) > 20
    assert set(pointed_at) <= set(ids)


def test_what_is_seen_can_be_heard(page):
    images, charts = page.all("img"), [one for one in page.all("div") if one.get("role") == "img"]
    assert len(images) == 30
    assert all(image["alt"] for image in images)
    assert len(charts) == len(page.all("svg")) == 7
    assert all(len(chart["aria-label"]) > 40 for chart in charts)


def test_axes_are_labelled_in_the_page_s_own_colours(page):
    charts = page.source.split("<svg")[1:]
    assert all("epoch" in chart or "weight" in chart or "examples" in chart for chart in charts)
    drawn = set(re.findall(r"(?:fill|stroke): ([^;\"]+)", page.source))
    assert drawn <= {"none", *(value for value in drawn if value.startswith("var(--chart-"))}


def test_headings_go_down_one_level_at_a_time(page):
    levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch(r"h\d", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_every_column_can_be_sorted_by_a_button_and_one_says_so(page):
    keys = [button["data-sort"] for button in page.all("button") if "data-sort" in button]
    assert keys == [
        "rank", "given", "predicted", "probability", "given-probability", "weight", "loss", "truth", "id",
    ]  # fmt: skip
    cells = [cell["data-key"] for cell in page.all("td") if "data-key" in cell]
    assert cells[: len(keys)] == keys
    assert [header["aria-sort"] for header in page.all("th") if "aria-sort" in header] == ["ascending"]


def test_button_file_and_table_hold_the_same(page, folder):
    saved = next(link for link in page.all("a") if "download" in link)
    content = base64.b64decode(saved["href"].partition("base64,")[2]).decode()
    assert (folder / saved["download"]).read_text() == content
    rows = list(csv.DictReader(io.StringIO(content)))
    cells = [cell for cell in page.all("td") if "data-key" in cell]
    shown = {key: [cell["data-value"] for cell in cells if cell["data-key"] == key] for key in ("rank", "id", "loss")}
    assert [row["rank"] for row in rows] == shown["rank"] == [str(rank) for rank in range(1, 31)]
    assert [row["index"] for row in rows] == shown["id"]
    assert [float(row["loss"]) for row in rows] == pytest.approx([float(loss) for loss in shown["loss"]], rel=1e-5)


@pytest.mark.parametrize("method", METHODS)
def test_every_method_has_a_page(method, tmp_path, report):
    page, _ = report(write_run(tmp_path / "run", config(method)), "--top", 3)
    weighted = method in ("mwnet", "l2r")
    assert ("weight" in {cell.get("data-key") for cell in page.all("td")}) == weighted
    assert ("orders examples as its loss does" in page.text) == (method != "mwnet")
    assert "{" not in page.text  # no dictionary is printed as it is
