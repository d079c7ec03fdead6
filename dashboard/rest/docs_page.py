"""The page that shows the OpenAPI document: plain HTML and CSS, nothing fetched, no script."""

import json
from typing import Any

from markupsafe import Markup, escape

_STYLE = """
:root { color-scheme: light dark; --line: #d3dee3; --soft: #eff4f6; --first: #0e6f86; --text: #16242c; --page: #fff; }
@media (prefers-color-scheme: dark) {
  :root { --line: #31414c; --soft: #1a262f; --first: #6bc4d8; --text: #e6edf1; --page: #0f171e; }
}
body { margin: 0 auto; padding: 1.5rem 1rem 4rem; max-width: 60rem; font: 1rem/1.5 system-ui, sans-serif;
  color: var(--text); background: var(--page); overflow-wrap: anywhere; }
h1 { font-size: 2rem; margin: 0; } h2 { font-size: 1.2rem; margin: 2.5rem 0 .25rem; }
h3 { font-size: 1rem; margin: 1rem 0 .25rem; }
a { color: var(--first); } .method { color: var(--first); font-weight: 700; }
code, pre { font-family: ui-monospace, monospace; font-size: .9em; }
pre { background: var(--soft); padding: .75rem; border-radius: .5rem; overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
td { border-top: 1px solid var(--line); padding: .35rem .75rem .35rem 0; vertical-align: top; }
td:first-child { width: 11rem; } td:nth-child(2) { width: 12rem; }
@media (max-width: 40rem) {
  td, td:first-child, td:nth-child(2) { display: block; width: auto; border: 0; padding: 0; }
  td:first-child { border-top: 1px solid var(--line); padding-top: .35rem; }
  td:last-child { padding-bottom: .35rem; }
}
details { margin-top: .5rem; } summary { cursor: pointer; }
"""
POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
"""Content security policy of the page: a browser that follows it can fetch nothing."""
_PAGE = Markup(
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title} API</title>'
    '<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">'
    "<style>{style}</style></head><body><h1>{title} API</h1><p>{about}</p>"
    '<p>The same as an OpenAPI document: <a href="{address}">openapi.json</a>. A first request:</p><pre>{example}</pre>'
    "{parts}</body></html>"
)


def page(document: dict[str, Any], address: str, server: str) -> str:
    """The document as HTML.

    Args:
        document: OpenAPI 3.1.
        address: of the document itself.
        server: where the server stands, such as "http://localhost:8501", for the example.
    """
    schemas = document["components"]["schemas"]
    operations = [
        _operation(method.upper(), path, operation, schemas)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    example = (
        f"curl {server}{document['servers'][0]['url'].rstrip('/')}/api/predict \\\n"
        '  -H "Authorization: Bearer TOKEN" -F run=RUN -F picture=@mole.jpg -F heat_map=true'
    )
    info = document["info"]
    return _PAGE.format(
        title=info["title"],
        style=Markup(_STYLE),
        about=info["description"],
        address=address,
        example=example,
        parts=Markup("").join(operations),
    )


def _operation(method: str, path: str, operation: dict[str, Any], schemas: dict[str, Any]) -> Markup:
    parts = [
        Markup('<h2 id="{}"><span class="method">{}</span> <code>{}</code></h2><p><b>{}.</b> {}</p>').format(
            operation["operationId"], method, path, operation["summary"], _prose(operation.get("description", ""))
        )
    ]
    if parameters := operation.get("parameters"):
        rows = [(each["name"], _type(each["schema"]), each["description"]) for each in parameters]
        parts.append(_section("Parameters", rows))
    for kind, content in operation.get("requestBody", {}).get("content", {}).items():
        parts.append(_body(f"Body: {kind}", content["schema"], schemas))
    told = operation["responses"]
    first = next(iter(told))
    parts.append(_body(f"Answer {first}", told[first]["content"]["application/json"]["schema"], schemas))
    if refusals := [(status, "", each["description"]) for status, each in told.items() if status != first]:
        parts.append(_section("Refusals", refusals))
    return Markup("").join(parts)


def _body(title: str, schema: dict[str, Any], schemas: dict[str, Any]) -> Markup:
    return _section(title, _rows(_resolved(schema, schemas), schemas, ""))


def _rows(schema: dict[str, Any], schemas: dict[str, Any], before: str) -> list[tuple[str, str, str]]:
    """Name, type and description of every property, those within objects and lists of objects under their path."""
    rows = []
    for name, inner in schema.get("properties", {}).items():
        path = f"{before}{name}"
        needed = "" if name in schema.get("required", ()) else "optional. "
        rows.append((path, _type(inner), f"{needed}{inner.get('description', '')}"))
        for kind in _alternatives(inner.get("items", inner), schemas):
            listed = "[]" if "items" in inner else ""
            rows += [row for row in _rows(kind, schemas, f"{path}{listed}.") if row not in rows]
    return rows


def _alternatives(schema: dict[str, Any], schemas: dict[str, Any]) -> list[dict[str, Any]]:
    known = _resolved(schema, schemas)
    return [_resolved(each, schemas) for each in known.get("oneOf", [known])]


def _resolved(schema: dict[str, Any], schemas: dict[str, Any]) -> dict[str, Any]:
    name = schema.get("$ref", "").removeprefix("#/components/schemas/")
    return schemas.get(name, {} if "$ref" in schema else schema)


def _type(schema: dict[str, Any]) -> str:
    if "enum" in schema:
        return " | ".join(json.dumps(each) for each in schema["enum"])
    if "oneOf" in schema:
        return " or ".join(dict.fromkeys(filter(None, map(_type, schema["oneOf"]))))
    kind = schema.get("type", "")
    named = " or ".join(kind) if isinstance(kind, list) else kind
    return f"{named} of objects" if "$ref" in schema.get("items", {}) or "oneOf" in schema.get("items", {}) else named


def _section(title: str, rows: list[tuple[str, str, str]]) -> Markup:
    lines = [
        Markup("<tr><td><code>{}</code></td><td>{}</td><td>{}</td></tr>").format(name, kind, _prose(text))
        for name, kind, text in rows
    ]
    table = Markup("<table>{}</table>").format(Markup("").join(lines))
    if len(rows) > 12:
        return Markup("<details><summary>{} ({} fields)</summary>{}</details>").format(title, len(rows), table)
    return Markup("<h3>{}</h3>{}").format(title, table)


def _prose(text: str) -> Markup:
    """A text with what stands between backquotes as code."""
    pieces = [Markup("<code>{}</code>").format(t) if n % 2 else escape(t) for n, t in enumerate(text.split("`"))]
    return Markup("").join(pieces)
