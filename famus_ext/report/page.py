"""The page: a report through the template in `templates/`, with its style and script inside."""

from __future__ import annotations

import base64
import hashlib
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from famus_ext.report.report import Report

TEMPLATES = "templates"


def page(report: Report, table: str) -> str:
    """The page as HTML. Everything that comes from a run is escaped.

    Args:
        report: What it shows.
        table: The suspicious examples as CSV, for the button that saves them.
    """
    environment = Environment(
        loader=PackageLoader("famus_ext.report", TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"percent": _percent, "small": _small, "breakable": _breakable}
    script = _part("page.js")
    weighted = any(suspect.weight is not None for suspect in report.suspects)
    return environment.get_template("page.html.j2").render(
        report=report,
        columns=_columns(weighted, bool(report.noise_rate)),
        weighted=weighted,
        known=bool(report.noise_rate),
        skipped=any(cost.skipped for cost in report.costs),
        table=base64.b64encode(table.encode()).decode(),
        # The only script that a browser may run here is this one, whatever a file's name may hold.
        script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        script=Markup(script),
        css=Markup(_part("page.css")),
    )


def _percent(share: float) -> str:
    """A share with one decimal."""
    return "< 0.1 %" if 0 < share < 0.0005 else f"{100 * share:.1f} %"


def _small(weight: float) -> str:
    """A weight with three decimals."""
    return "< 0.001" if 0 < weight < 0.0005 else f"{weight:.3f}"


def _breakable(path: str) -> Markup:
    """A path that a narrow cell breaks behind its slashes first."""
    return Markup("/<wbr>").join(path.split("/"))


def _columns(weighted: bool, known: bool) -> list[tuple[str, str]]:
    """What the gallery can be sorted by: a cell's key and what it is called."""
    return [
        ("rank", "trust"),
        ("given", "given label"),
        ("predicted", "predicted label"),
        ("probability", "p(predicted)"),
        ("given-probability", "p(given)"),
        *([("weight", "weight")] if weighted else []),
        ("loss", "loss"),
        *([("truth", "truth")] if known else []),
        ("id", "id"),
    ]


def _part(name: str) -> str:
    """A file beside the template."""
    return (files("famus_ext.report") / TEMPLATES / name).read_text(encoding="utf-8")
