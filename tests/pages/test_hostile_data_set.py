"""Text from files is text: whatever a data set, a gene table or a run calls itself, pages show it as it stands."""

import json
import re
import shutil
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import router
from tests.pages.hostile import FOLDER, label_runs, make_hostile

ALIVE = re.compile(
    r"""(?<!\\)\[[^\]\\]*\]\(\S*evil      # links and images
      | (?<!\\)<(?:img|script|a|b)\b      # HTML
      | ://\w | \bwww\.\w | \w@\w         # addresses, of which Markdown makes links by itself
      | (?<!\\)\$                         # formulas
      | :red\[(?:x|b|mm|c)\] | :smile: | :streamlit: | :material/home   # directives, emoji, icons
      | \n\#                              # headings
      | (?<!\\)\*\*b\*\* | (?<!\\)~~d~~ | (?<!\\)`c`   # emphasis, code
      | [\u202a-\u202e]                   # what turns the direction of the neighbours
    """,
    re.VERBOSE,
)
OURS = re.compile(r"\[[^\]]*\]\(https://(?!evil)[^)]*\)|`[\w.,/@=+() -]+`")
"""What we mark up ourselves: links to licences and home pages, and ids in the letters of code."""

MARKDOWN = {"body", "label", "help", "caption", "title", "text", "delta", "content", "tooltip"}
"""Fields of Streamlit's messages that its browser side reads as Markdown, wherever they are."""

NOT_MARKDOWN = {"code", "text", "html", "arrow_data_frame", "text_input", "text_area", "json", "component"}


@pytest.fixture(scope="module")
def hostile_root(made_once) -> Path:
    return made_once("hostile", make_hostile)


@pytest.fixture
def hostile(hostile_root: Path, artifacts: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The hostile data set with its runs, as the only data there is."""
    monkeypatch.setenv("LESIONLAB_DATA", str(hostile_root / "data"))
    shutil.copytree(hostile_root / "artifacts", artifacts, dirs_exist_ok=True)
    label_runs(artifacts)
    return artifacts


@pytest.mark.parametrize("page", [entry.file for entry in router.PAGES])
def test_a_page_takes_no_name_from_a_file_for_markup_or_html(page, hostile, open_page) -> None:
    test = open_page(page, dataset=FOLDER)
    assert not test.exception
    shown = list(markdown_texts(test))
    assert shown
    assert not {text for text in shown if ALIVE.search(OURS.sub("", text))}
    for chart in test.get("plotly_chart"):
        texts = re.sub(r"</?b>|<br>|</?extra>", "", shown_in(chart.proto.spec))
        assert "<" not in texts
        assert not re.search("[\u202a-\u202e]", texts)


def shown_in(figure: str) -> str:
    """A figure without the custom data that none of its templates shows."""
    figure = json.loads(figure)
    figure["layout"].pop("template", None)
    for trace in figure["data"]:
        for number, entry in enumerate(trace.get("customdata", [])):
            if isinstance(entry, list) and not isinstance(entry[0], list):
                template = trace.get("hovertemplate", "")
                shown = [each for place, each in enumerate(entry) if f"customdata[{place}]" in template]
                trace["customdata"][number] = shown
    return json.dumps(figure, ensure_ascii=False)


def markdown_texts(test: AppTest):
    """Every text of a page that the browser reads as Markdown."""
    for element in _elements(test._tree):
        if element.type in NOT_MARKDOWN or getattr(element, "proto", None) is None:
            continue
        yield from _texts(element.proto)


def _elements(block):
    for child in block.children.values():
        yield child
        if hasattr(child, "children"):
            yield from _elements(child)


def _texts(message):
    for field, value in message.ListFields():
        repeated = value if hasattr(value, "__iter__") and not isinstance(value, str | bytes) else [value]
        for each in repeated:
            if isinstance(each, str) and field.name in MARKDOWN:
                yield each
            elif hasattr(each, "ListFields"):
                yield from _texts(each)
