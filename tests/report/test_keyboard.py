"""The page in a browser: sorted, paged and filtered by keys alone, on a wide and a narrow window."""

import pytest

from .browser import MISSING, PROGRAM, Browser
from .conftest import write_report
from .made_up_run import config, write_run

pytestmark = pytest.mark.skipif(PROGRAM is None, reason=MISSING)
SHOWN = "[...document.querySelectorAll('.gallery tbody tr')].filter((row) => !row.hidden)"


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """The file of a made-up run's page."""
    folder = tmp_path_factory.mktemp("report")
    write_report(write_run(folder / "run", config()), folder / "report.html", "--top", 60)
    return folder / "report.html"


@pytest.fixture(scope="module")
def browser(page):
    opened = Browser(page.as_uri(), page.parent / "browser")
    yield opened
    opened.close()


def shown(browser, key):
    """A column of the rows that are to be seen."""
    return browser.value(f"{SHOWN}.map((row) => row.querySelector('[data-key={key}]').dataset.value)")


def go_to(browser, selector):
    """Presses Tab until an element has the focus."""
    for _ in range(40):
        browser.press("Tab")
        if browser.value(f"document.activeElement.matches({selector!r})"):
            assert browser.value("getComputedStyle(document.activeElement).outlineStyle") == "solid"
            return
    raise AssertionError(f"Tab does not lead to {selector}")


def test_keys_sort_page_and_skip(browser):
    browser.press("Tab")
    browser.press("Enter")
    assert browser.value("document.activeElement.id") == "content"

    go_to(browser, "[data-as-table]")
    browser.press(" ")
    assert browser.value("document.querySelector('.gallery').classList.contains('as-table')")

    go_to(browser, "[data-sort=loss]")
    browser.press("Enter")
    losses = [float(loss) for loss in shown(browser, "loss")]
    assert len(losses) == 28
    assert losses == sorted(losses)
    browser.press(" ")
    losses = [float(loss) for loss in shown(browser, "loss")]
    assert losses == sorted(losses, reverse=True)
    assert browser.value("document.querySelector('[aria-sort]').ariaSort") == "descending"

    first = shown(browser, "rank")
    go_to(browser, "[data-turn='1']")
    browser.press("Enter", times=2)
    assert browser.value("document.getElementById('shown').textContent") == "57 to 60 of 60"
    assert browser.value("document.querySelector('[data-turn=\"1\"]').disabled")
    assert not set(shown(browser, "rank")) & set(first)
    assert browser.errors == []


@pytest.mark.parametrize("pixels", [320, 390, 1280, 2000])
def test_no_window_is_too_narrow(browser, pixels):
    browser.width(pixels)
    for _ in ("gallery", "table"):
        assert browser.value("document.documentElement.scrollWidth") <= pixels == browser.value("innerWidth")
        browser.value("document.querySelector('[data-as-table]').click()")
    assert browser.errors == []
