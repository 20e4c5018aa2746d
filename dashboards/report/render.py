"""The evidence pack as one HTML file that needs nothing else, or the same content as JSON."""

import msgspec
from jinja2 import Environment, PackageLoader, StrictUndefined

from dashboards.parts.visible import visible
from dashboards.report.charts import bounds_svg
from dashboards.report.content import Pack, headline, severities


def as_json(pack: Pack) -> str:
    """The pack as JSON, indented."""
    return msgspec.json.format(msgspec.json.encode({"data": pack}), indent=2).decode()


def as_html(pack: Pack) -> str:
    """The pack as a page. Whatever comes from data is text: escaped, with its invisible characters spelled out."""
    environment = Environment(
        loader=PackageLoader("dashboards", "report"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=lambda value: visible(value) if type(value) is str else value,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["listed"] = ", ".join  # Jinja's own join escapes, and then nothing is spelled out any more
    page = environment.get_template("page.html.jinja")
    return page.render(pack=pack, headline=headline, severities=severities(), bounds_svg=bounds_svg)
