"""Matplotlib figures as SVG inside a page: text stays text, and colours are the page's own.

Whatever is drawn in one of the colours of `COLOURS` becomes `var(--chart-<name>)`, so that the page's style sheet
decides it, for a light and a dark screen. Legends are left to the page, where words wrap and cannot overlap a curve.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal
from xml.etree import ElementTree

from markupsafe import Markup
from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

Colour = Literal["ink", "grid", "method", "plain", "right", "wrong", "third"]
Line = Literal["solid", "dashed", "dotted", "area"]

COLOURS: dict[Colour, str] = {
    "ink": "#010101",
    "grid": "#020202",
    "method": "#030303",
    "plain": "#040404",
    "right": "#050505",
    "wrong": "#060606",
    "third": "#070707",
}
"""A name in the style sheet -> the colour that stands for it in a figure."""

DASHES: dict[Line, str] = {"solid": "-", "dashed": "--", "dotted": ":", "area": "-"}
STYLE: dict[str, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "famus-ext",
    "font.size": 9.5,
    "axes.titlesize": 9.5,
    "axes.labelsize": 9.5,
    "xtick.labelsize": 9,
    "ytick.labelsize": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.linewidth": 0.6,
    "grid.color": COLOURS["grid"],
    **dict.fromkeys(("text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color"), COLOURS["ink"]),
}
WIDTH, HEIGHT = 4.3, 2.9  # inches: on a narrow screen the words keep the size of the page's small print


@dataclass(frozen=True)
class LegendEntry:
    """One line or area of a chart and what it is."""

    colour: Colour
    line: Line
    text: str


@dataclass(frozen=True)
class Chart:
    """A chart as the page shows it.

    Attributes:
        name: What its ids in the page begin with.
        title: Its heading.
        alt: What it shows, for those who do not see it.
        svg: The picture.
        legend: What its lines and areas are.
        note: A sentence below it; empty for none.
    """

    name: str
    title: str
    alt: str
    svg: Markup
    legend: tuple[LegendEntry, ...] = ()
    note: str = ""


class Canvas:
    """A figure with one axes that becomes an SVG.

    Attributes:
        axes: Where to draw.
        svg: The picture; there when the `canvas` block has ended.
    """

    def __init__(self, height: float) -> None:
        self.figure = Figure(figsize=(WIDTH, height), layout="constrained", facecolor="none")
        FigureCanvasSVG(self.figure)
        self.axes: Axes = self.figure.add_subplot(facecolor="none")
        self.svg = Markup()


@contextmanager
def canvas(name: str, height: float = HEIGHT) -> Iterator[Canvas]:
    """A canvas to draw on in the report's style; its ids in the page begin with `name`."""
    with style.context(STYLE):
        made = Canvas(height)
        yield made
        file = io.BytesIO()
        made.figure.savefig(file, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    made.svg = _inline(file.getvalue(), name)


def share_axis(axes: Axes) -> None:
    """Shares from the lowest one drawn to 1 on the left, as percentages that are round."""
    axes.set_ylim(max(0.0, axes.get_ylim()[0]), 1.0)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 5, 10]))
    axes.yaxis.set_major_formatter(lambda share, _: f"{100 * share:.3g} %")


def percent(share: float) -> str:
    """A share as readers see it: one decimal."""
    return f"{100 * share:.1f} %"


def _inline(document: bytes, name: str) -> Markup:
    """An SVG document as an element of a page: no metadata, no namespaces, ids of its own, the page's colours."""
    root = ElementTree.fromstring(document)
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag.rpartition("}")[2] in ("metadata", "style"):
                parent.remove(child)
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
        element.attrib = {key.rpartition("}")[2]: value for key, value in element.attrib.items()}
    for attribute in ("width", "height", "version"):
        root.attrib.pop(attribute, None)
    _own_ids(root, name)
    root.attrib |= {"aria-hidden": "true", "focusable": "false"}
    text = ElementTree.tostring(root, encoding="unicode")
    for colour, drawn in COLOURS.items():
        text = text.replace(drawn, f"var(--chart-{colour})")
    # The page's own font; matplotlib's is wider than any usual one, so what fits in it fits.
    return Markup(re.sub(r"font: ([\d.]+px) [^;\"]*|font-family: [^;\"]*;?", _size_alone, text))


def _own_ids(root: ElementTree.Element, name: str) -> None:
    """Keeps the ids that something points to, and lets them begin with the chart's name: a page has many charts."""
    pointer = re.compile(r"(?<=^#)[\w.-]+|(?<=url\(#)[\w.-]+")
    pointed_at = {
        found for element in root.iter() for value in element.attrib.values() for found in pointer.findall(value)
    }
    for element in root.iter():
        if element.get("id") not in pointed_at:
            element.attrib.pop("id", None)
        for key, value in element.attrib.items():
            if key == "id":
                element.set(key, f"{name}-{value}")
            elif value.startswith("#") or "url(#" in value:
                element.set(key, pointer.sub(lambda found: f"{name}-{found[0]}", value))


def _size_alone(found: re.Match[str]) -> str:
    """A font without its families."""
    return f"font-size: {found[1]}" if found[1] else ""
