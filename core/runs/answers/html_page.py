"""A page of HTML that stands alone: style and pictures are in it, nothing is fetched, and every text is escaped."""

from collections.abc import Iterable

from markupsafe import Markup

from core.base.printable import printable

_STYLE = """
@page { size: A4; margin: 16mm; @bottom-right { content: counter(page) " / " counter(pages); font-size: 8pt; } }
body { font: 10pt/1.45 "DejaVu Sans", "Helvetica Neue", Arial, sans-serif; color: #1a1a1a; background: #fff;
  max-width: 52rem; margin: 0 auto; padding: 1rem; overflow-wrap: anywhere; }
h1 { font-size: 16pt; margin: 0; } h2 { font-size: 12pt; margin: 1.4em 0 .4em; } p { margin: .4em 0; }
table { border-collapse: collapse; width: 100%; } th, td { text-align: left; padding: .2em .5em .2em 0;
  border-bottom: 1px solid #ddd; vertical-align: top; } td.number { text-align: right; white-space: nowrap;
  padding-right: 1.2em; }
th { overflow-wrap: normal; } td.mark { white-space: nowrap; }
img { max-width: 100%; } .answer { font-size: 18pt; font-weight: bold; margin: .3em 0; }
.notice { border: 2px solid #8a1c1c; padding: .5em .8em; margin: .8em 0; }
.missing { border-left: 4px solid #b98a2b; padding: .1em .8em; margin: .6em 0; }
.wide { overflow-x: auto; }
.pair { display: flex; flex-wrap: wrap; gap: 1em; } .pair figure { margin: 0; flex: 1 1 16rem; }
.cases { display: flex; flex-wrap: wrap; gap: .6em; } .cases figure { margin: 0; width: 7.2rem; }
figcaption, .small { font-size: 8.5pt; color: #444; } code { font-size: 8.5pt; }
"""


def html_page(title: str, parts: Iterable[Markup]) -> str:
    """The page of these parts; it may fetch nothing, and runs nothing."""
    page = Markup(
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; img-src data:; '
        "style-src 'unsafe-inline'\"><title>{}</title><style>{}</style></head><body><main>{}</main></body></html>\n"
    ).format(title, Markup(_STYLE), Markup("").join(parts))
    return printable(str(page))


def paragraph(text: str) -> Markup:
    """A text as a paragraph of HTML, escaped."""
    return Markup("<p>{}</p>").format(text)
