"""The model card of a run: figures that are the run's, what is missing by name, and texts that are only text."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from markdown_it import MarkdownIt

from core.base.errors import RunError
from core.base.files import read_json, write_json
from core.base.percents import percent, percent_range
from core.evaluation.class_intervals import class_intervals
from core.evaluation.subgroups import METRICS
from core.explain.methods import Method
from core.runs.answers.verdict import always_in_words
from core.runs.card.as_html import card_html
from core.runs.card.as_markdown import card_markdown
from core.runs.card.blocks import Card, Items, Missing, Section, Table, Text, table
from core.runs.card.making import data_of, make_card
from core.runs.card.notes import LONGEST_NOTE, add_note, load_notes, remove_note
from core.runs.explanations.explanation_summary import Estimate, MethodCheck, save_checks
from core.runs.judging.readings import malignant_reading
from core.runs.judging.results import headline_metrics, load_results
from core.runs.judging.threshold import save_threshold
from core.runs.judging.trust import load_trust
from core.runs.run_folder import RunFolder
from core.runs.run_states import CANCELLED, State
from core.serving.predictor import DISCLAIMER
from tests.pages.hostile import NAMES

EVIL = (
    *NAMES, "</table></main><script>alert(1)</script>", "# heading", "- item", "1. one", "> quote", "| a | b |", "===",
)  # fmt: skip


class Tags(HTMLParser):
    """Tags, attributes and texts of a page."""

    def __init__(self, html: str):
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.text += data


def missing(card: Card) -> set[str]:
    return {each.what for each in card.missing}


def section(card: Card, title: str) -> Section:
    [found] = [each for each in card.sections if each.title == title]
    return found


@pytest.fixture
def card(trained: RunFolder) -> Card:
    return make_card(trained, *data_of(trained))


def test_the_card_has_the_figures_of_the_run_and_says_what_was_not_computed(trained: RunFolder, card: Card) -> None:
    part, metrics = headline_metrics(trained)
    text = card_markdown(card)
    low, high = metrics.intervals["accuracy"]
    assert f"| Accuracy | {percent(metrics.accuracy)} | {percent_range(low, high)} |" in text
    assert f"the {part} part: {metrics.images:,} pictures of {metrics.groups:,} groups" in text
    results = load_results(trained)
    found = class_intervals(results.part(part), results.info.class_keys)
    for of_class, spec in zip(metrics.per_class, results.info.classes, strict=True):
        low, high = found[of_class.key]["sensitivity"]
        said = f"| {spec.name} | {of_class.support} | {percent(of_class.sensitivity)} ({percent_range(low, high)}) |"
        assert said in text
    tables = [each for each in section(card, "For whom").blocks if isinstance(each, Table)]
    assert [name for each in tables for name in each.head[4:]] == list(METRICS), "all that the page has"
    assert all(any(row[4] != "–" for row in each.rows) for each in tables)
    limits = r"\d+\.\d points \(\d+\.\d–\d+\.\d points\)"
    assert re.search(f"spreads over {limits} in the median, and over {limits} or more in one lesion of ten", text)
    always = load_trust(trained).sets.always(0.9)
    assert "vasc" in always
    assert always_in_words(always, {each.key: each.name for each in results.info.classes}) in text
    titles = [each.title for each in card.sections]
    wanted = (
        "Intended use, Out of scope, Data and licence, Split and leakage, Figures, Calibration, For whom, Checks of "
        "explanations, External tests, Known failures, Notes by people, Hashes and environment, What was not computed"
    )
    assert [title for title in titles if title in wanted.split(", ")] == wanted.split(", ")
    lacking = {"checks of its heat maps", "tests on other data", "a threshold of its own", "figures by skin tone"}
    assert missing(card) == lacking
    assert f"`python -m core explain {trained.run_id}`" in text
    assert f"`python -m core evaluate {trained.run_id} --on DATA_SET_OR_FOLDER --shared cut`" in text
    assert text.count(DISCLAIMER) == 1
    assert DISCLAIMER in card_html(card)


def test_what_was_computed_meanwhile_is_on_the_card(trained: RunFolder, card: Card) -> None:
    info = load_results(trained).info
    reading = malignant_reading(info.classes)
    save_threshold(trained, 0.4, reading, rule="by <b>hand</b>", by="ada@example.org")
    gain = Estimate(0.01, -0.02, 0.04)
    believed = MethodCheck(Method.GRAD_CAM, 120, 90, 0, gain, 0.05, 0.04, 0.2, 0.5, gain, gain, whole=0.1, head=0.99)
    save_checks(trained, (believed,))
    note = add_note(trained, "Do not use it\non children.", "ada@example.org")
    later = make_card(trained, *data_of(trained))
    assert missing(card) - missing(later) == {"a threshold of its own", "checks of its heat maps"}
    assert missing(later) - missing(card) == {"how much of the heat lies in the lesion"}
    text = card_markdown(later)
    assert "- Grad-CAM: Its hottest tenth matters no more than the same shape elsewhere." in text
    assert "It hardly changes when the last layer alone is random." in text
    assert f"`python -m core explain {trained.run_id} --masks FOLDER`" in text
    assert "A picture is called malignant from 0.400 on (by \\<b>hand\\</b>); saved by ada" in text
    assert f"**{note.heading}:**".replace("@", "\u2060@") in text
    assert "on children." in text
    write_json(trained.leakage_file, {**read_json(trained.leakage_file), "data_digest": ""})
    training = read_json(trained.path / "training.json")
    write_json(trained.path / "training.json", {name: each for name, each in training.items() if name != "versions"})
    trained.write_status(replace(trained.written_status(), state=State.STOPPED, message=CANCELLED))
    older = make_card(trained, None)
    epoch = training["best_epoch"] + 1
    assert older.warnings[-1].text == f"Its figures are those of epoch {epoch}, from before it was resumed."
    assert {"the hash of the data", "the versions of what it was trained with"} <= missing(older)
    assert {"figures by age, sex, site, source and skin tone", "what mistakes have in common"} <= missing(older)


def test_hashes_are_those_of_the_files_and_a_run_evaluated_again_keeps_the_rest(trained: RunFolder, card: Card) -> None:
    from core.base.files import sha256_of

    [hashes, environment] = section(card, "Hashes and environment").blocks
    told = dict(hashes.rows)
    assert told["model (model.keras)"] == sha256_of(trained.model_file)
    assert told["predictions (predictions.parquet)"] == sha256_of(trained.predictions_file)
    assert len(told["data: id, content, class and part of each"]) == 64
    assert {"Python", "keras", "tensorflow", "Lesion Lab"} <= {name for name, _ in environment.rows}


@pytest.mark.parametrize("evil", EVIL)
def test_texts_of_others_are_only_text_in_markdown_and_html(evil: str) -> None:
    card = Card(
        "run", evil, evil,
        (Section(evil, (Text(evil), Text(evil, True), Items((evil, evil)), table((evil, "b"), [(evil, "x")]),
                        Missing(evil, evil, evil))),),
        (Text(evil),),
    )  # fmt: skip
    page = Tags(card_html(card))
    allowed = "html head meta title style body main h1 h2 p strong ul li div table thead tbody tr th td code br"
    assert set(page.tags) <= set(allowed.split())
    attributes = "lang charset name content http-equiv class scope"
    assert {name for name, _ in page.attributes} <= set(attributes.split())
    parsed = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(card_markdown(card))
    inline = [child for token in parsed for child in token.children or ()]
    kinds = {token.type for token in [*parsed, *inline]}
    assert not kinds & {"image", "link_open", "html_inline", "html_block", "s_open", "em_open", "fence", "hr"}
    assert [token.tag for token in parsed if token.type == "heading_open"] == ["h1", "h2"]
    assert [token.type for token in parsed].count("table_open") == 1
    assert [token.type for token in parsed].count("bullet_list_open") <= 2
    cells = [token.content for token in parsed if token.type == "inline"]
    assert "x" in cells, "the table has kept its columns"


def test_notes_say_who_and_when_and_can_be_taken_away(trained: RunFolder) -> None:
    assert load_notes(trained) == ()
    first, second = add_note(trained, " one ", "ada@example.org"), add_note(trained, "two")
    assert [note.text for note in load_notes(trained)] == ["one", "two"]
    assert first.heading.startswith("ada@example.org, 20")
    assert second.heading.startswith("a person at the machine, 20")
    remove_note(trained, first.note_id)
    remove_note(trained, first.note_id)
    assert load_notes(trained) == (second,)
    for text in ("", "  \n", "x" * (LONGEST_NOTE + 1)):
        with pytest.raises(RunError, match="A note"):
            add_note(trained, text)
    (trained.path / "card_notes.json").write_text('{"notes": [{"text": 3}]}')
    with pytest.raises(RunError, match=r"card_notes\.json is missing or damaged"):
        load_notes(trained)
    with pytest.raises(RunError, match="damaged"):
        add_note(trained, "it must not be written over")
    assert "card_notes.json is missing or damaged" in card_markdown(make_card(trained, None))


def test_the_short_card_in_the_folder_names_the_whole_one(trained: RunFolder) -> None:
    short = (trained.path / "card.md").read_text()
    assert f"`python -m core card {trained.run_id}`" in short
    for title in ("Intended use", "Out of scope", "Data and licence", "Split and leakage", "Figures"):
        assert f"## {title}\n" in short
    assert percent(headline_metrics(trained)[1].accuracy) in short
    assert "Known failures" not in short
