"""What is put into `Markdown`, and every text that is none, is shown as it stands."""

import ast
import inspect
import re

import plotly.graph_objects as go
import pytest
import streamlit as st
from markdown_it import MarkdownIt
from streamlit import deprecation_util
from streamlit.delta_generator import DeltaGenerator

from core.base.settings import PROJECT_ROOT
from dashboard.markdown import Markdown, code, link
from dashboard.shown_text import markdown_parameters, show_texts_as_they_stand
from tests.pages.hostile import NAMES

READER = MarkdownIt("gfm-like", {"linkify": False, "html": True})


@pytest.mark.parametrize("name", NAMES)
def test_an_escaped_name_is_one_text_in_one_paragraph(name: str) -> None:
    for written in (Markdown.escape(name), Markdown("**{}** *is*\n- {}").format(name, name)):
        kinds = {token.type for line in READER.parse(str(written)) for token in (line.children or [line])}
        assert not kinds & {"image", "link_open", "html_inline", "html_block", "code_inline", "s_open", "heading_open"}
    [paragraph] = [line for line in READER.parse(str(Markdown.escape(name))) if line.type == "inline"]
    assert {token.type for token in paragraph.children or []} <= {"text", "text_special"}


@pytest.mark.parametrize(
    "text", ["n = 3 (12 %), a.b - c!", "ISIC_0024306", "Age: 12 to 40 years", "a < b & c", "3.5 × 4", "-5 + 2 = #1"]
)
def test_an_ordinary_text_stays_as_it_is(text: str) -> None:
    assert Markdown.escape(text) == text


@pytest.mark.parametrize("text", ["www.a.org", "https://a.org", "me@a.org", ":material/home:", ":smile:", ":red[x]"])
def test_what_streamlit_finds_in_escaped_texts_is_parted_by_what_is_not_seen(text: str) -> None:
    """Addresses, icons and emoji are looked for after the backslashes are gone."""
    shown = Markdown.escape(text).replace("\\", "")
    assert shown.replace("\u2060", "") == text
    assert not re.search(r"https?://|www\.|@\w|:\w+:|:material/|:red\b", shown)


def test_marks_of_direction_and_lines_are_left_out_and_what_runs_to_the_left_is_isolated() -> None:
    assert Markdown.escape("a\u202eb\nc") == "ab c"
    assert Markdown("{}: 5").format("\u05e9\u05dc\u05d5\u05dd") == "\u2068\u05e9\u05dc\u05d5\u05dd\u2069: 5"


def test_what_is_markdown_already_is_not_escaped_again() -> None:
    assert Markdown("  \n").join([Markdown("**a**"), "*b*"]) == "**a**  \n\\*b\\*"
    assert Markdown("{}").format(Markdown.escape("*a*")) == "\\*a\\*"


def test_code_and_links_hold_only_what_cannot_end_them() -> None:
    assert code("20260101-a/b_c") == "`20260101-a/b_c`"
    assert code("a`](x)") == "a\\`\\](x)"
    assert link("page", "https://example.org/a?b=c") == "[page](https://example.org/a?b=c)"
    assert link("page", "javascript:alert(1)") == "page"
    assert link("page", "https://example.org/a) ![x](http://evil") == "page"


def test_every_parameter_that_streamlit_documents_as_markdown_is_escaped() -> None:
    """A new version that reads more texts as Markdown fails here; `dashboard.shown_text` then has to know them."""
    not_texts = {"unsafe_allow_html", "wrap", "width", "anchors", "cursor", "options", "bind", "data", "alt"}
    for name, element in inspect.getmembers(DeltaGenerator, inspect.isfunction):
        described = re.split(
            r"^    (\w+) : ", inspect.cleandoc(element.__doc__ or "").replace("\n", "\n    "), flags=re.M
        )
        documented = {p for p, text in zip(described[1::2], described[2::2], strict=True) if "Markdown" in text}
        known = markdown_parameters(name, inspect.unwrap(element))
        assert name.startswith("_") or documented - not_texts <= known, name


def test_escaping_stands_between_pages_and_every_element() -> None:
    show_texts_as_they_stand()
    first = DeltaGenerator.markdown
    show_texts_as_they_stand()
    assert DeltaGenerator.markdown is first
    for name in (
        "markdown",
        "caption",
        "button",
        "metric",
        "error",
        "tabs",
        "pills",
        "plotly_chart",
        "toast",
        "spinner",
    ):
        assert hasattr(getattr(st, name), "shows_texts_as_they_stand"), name


def test_names_that_streamlit_keeps_to_itself_are_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """One of them warns of its end as soon as somebody looks: in the terminal, at every start of the dashboard."""
    warned: list[str] = []
    monkeypatch.setattr(deprecation_util, "show_deprecation_warning", warned.append)
    old = deprecation_util.deprecate_obj_name(st.sidebar, "_old", "sidebar", "2026-07-01")
    monkeypatch.setattr(st, "_old", old, raising=False)
    show_texts_as_they_stand()
    assert not warned


def test_a_new_plotly_still_takes_figures_unchecked() -> None:
    from dashboard.charts.plotly_text import unchecked_figure

    figure = unchecked_figure([{"type": "bar", "x": [1], "opacity": 7}], {"title": {"text": "a"}})
    assert isinstance(figure, go.Figure)
    assert figure.to_plotly_json()["data"][0]["opacity"] == 7


OUR_MARKUP = re.compile(r"\*\*|\w`|`\w|:material/|:(?:small|red|green|orange|gray|blue|violet)\[|  \n|\]\(http")
ICON = re.compile(r":material/\w+:")


def test_our_own_markup_is_written_as_markdown_and_pages_ask_for_no_html() -> None:
    """Anything else would be shown with its asterisks; descriptions of OpenAPI are Markdown by its specification."""
    wrong = []
    for path in [*(PROJECT_ROOT / "pages").glob("*.py"), *(PROJECT_ROOT / "dashboard").rglob("*.py")]:
        tree = ast.parse(path.read_text())
        allowed = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Markdown":
                allowed |= {id(each) for each in ast.walk(node)}
            if isinstance(node, ast.keyword) and node.arg == "icon":
                allowed |= {id(each) for each in ast.walk(node)}
            if isinstance(node, ast.Attribute) and node.attr == "table" and getattr(node.value, "id", "") == "st":
                wrong.append((path.name, node.lineno, "st.table reads its cells as Markdown"))
            if isinstance(node, ast.keyword) and node.arg == "unsafe_allow_html":
                wrong.append((path.name, node.lineno, node.arg))
        for node in ast.walk(tree):
            text = node.value if isinstance(node, ast.Constant) and id(node) not in allowed else None
            if isinstance(text, str) and OUR_MARKUP.search(text) and not ICON.fullmatch(text):
                wrong.append((path.name, node.lineno, text))
    assert [each for each in wrong if each[0] not in ("markdown.py", "for_viewers.py", "openapi.py")] == []
